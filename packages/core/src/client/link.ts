import { detached } from "../ambient/index.js";
import { Backoff, type BackoffOptions } from "../clock/backoff.js";
import { pause } from "../clock/pause.js";
import type { Clock, Random } from "../contract/clock.js";
import { RpcError } from "../contract/errors.js";
import type { Address } from "../contract/registry.js";
import type { Session } from "../session/session.js";

/** Health after which the next failure counts as the first again, in ms. */
const healthyMs = 10_000;

/** The same where the peer retired the connection: one that does so again and again is no server that is restarted. */
const servedMs = 1_000;

/** The longest wait that a peer may ask for before it is dialled again, in ms. */
const longestAskedMs = 60_000;

/** How a connection ended. */
interface Life {
  /** What went wrong before it was ready. */
  readonly error: RpcError | undefined;
  /** It had been ready for long, or for a while and was retired in peace: the next attempt is a first one. */
  readonly good: boolean;
  /** How long the peer asked to be left alone. */
  readonly retryAfterMs: number | undefined;
}

/** Opens a session: resolves when the hello was answered. */
export type OpenSession = (address: Address, signal: AbortSignal, events: SessionEvents) => Promise<Session>;

/** What a link hears of its session after it became ready. */
export interface SessionEvents {
  onRetired(): void;
  /** The peer is silent though it owes an answer, or was heard of again. */
  onSuspicion(suspect: boolean): void;
  onClosed(error: RpcError): void;
}

/** Who uses a link. */
export interface LinkUser {
  onReady(session: Session): void;
  /** The session takes no more calls; the next one is on its way. */
  onRetired(session: Session): void;
  /** The session has become suspect, or is no longer. */
  onSuspicion(session: Session): void;
  /** An attempt to connect failed; the next one comes after a wait. */
  onFailed(error: RpcError): void;
}

type State =
  | { readonly kind: "connecting" }
  | { readonly kind: "ready"; readonly session: Session }
  | { readonly kind: "waiting"; readonly error: RpcError | undefined }
  | { readonly kind: "closed" };

export interface LinkOptions {
  readonly address: Address;
  readonly open: OpenSession;
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff: BackoffOptions;
}

/** Keeps one connection to an address: connects, and when that is over, waits and connects anew, for as long as somebody uses it. */
export class Link {
  readonly #options: LinkOptions;
  readonly #users = new Set<LinkUser>();
  readonly #stop = new AbortController();
  /** Sessions that are retired and finish what was begun. */
  readonly #retiring = new Set<Session>();
  #state: State = { kind: "connecting" };

  constructor(options: LinkOptions) {
    this.#options = options;
    detached(() => void this.#run());
  }

  get address(): Address {
    return this.#options.address;
  }

  /** Adds a user, who hears at once what is the case. */
  use(user: LinkUser): void {
    this.#users.add(user);
    if (this.#state.kind === "ready") user.onReady(this.#state.session);
    else if (this.#state.kind === "waiting" && this.#state.error !== undefined) user.onFailed(this.#state.error);
  }

  /** Takes a user away. Returns whether nobody is left. */
  leave(user: LinkUser): boolean {
    this.#users.delete(user);
    return this.#users.size === 0;
  }

  /** Connects no more and ends what there is, gently. Resolves when all sessions are closed. */
  async close(): Promise<void> {
    const state = this.#state;
    this.#state = { kind: "closed" };
    this.#stop.abort(
      new RpcError("cancelled", `the connection to ${this.address} is not needed any more`, {
        reason: "CLOSED",
        processed: "no",
      }),
    );
    const sessions = [...this.#retiring];
    if (state.kind === "ready") sessions.push(state.session);
    await Promise.all(sessions.map((session) => session.drain()));
  }

  /** Ends what there is at once. */
  abort(error: RpcError): void {
    for (const session of this.#retiring) session.close(error);
    if (this.#state.kind === "ready") this.#state.session.close(error);
  }

  async #run(): Promise<void> {
    const { clock, backoff: options, random } = this.#options;
    const backoff = new Backoff(options, random);
    while (this.#state.kind !== "closed") {
      this.#state = { kind: "connecting" };
      const { error, good, retryAfterMs = 0 } = await this.#once();
      if (this.#stop.signal.aborted) return;
      if (good) backoff.reset();
      this.#state = { kind: "waiting", error };
      if (error !== undefined) for (const user of [...this.#users]) user.onFailed(error);
      const waitMs = Math.max(backoff.next(), Math.min(retryAfterMs, longestAskedMs));
      await pause(clock, waitMs, this.#stop.signal);
    }
  }

  /** One connection's life, until it takes no more calls. */
  async #once(): Promise<Life> {
    let retire = (): void => {};
    const retired = new Promise<void>((resolve) => {
      retire = resolve;
    });
    let session: Session;
    let opened: Session | undefined;
    let ended: RpcError | undefined;
    // At once, before the calls of a lost session are rejected: their retries must not find it again.
    const leave = (): void => {
      if (opened?.state === "retired") this.#retiring.add(opened);
      if (this.#state.kind === "ready" && this.#state.session === session) {
        this.#state = { kind: "waiting", error: undefined };
        for (const user of [...this.#users]) user.onRetired(session);
      }
      retire();
    };
    try {
      session = await this.#options.open(this.address, this.#stop.signal, {
        onRetired: leave,
        onSuspicion: () => {
          if (this.#state.kind === "ready" && this.#state.session === session)
            for (const user of [...this.#users]) user.onSuspicion(session);
        },
        onClosed: (error) => {
          ended = error;
          this.#retiring.delete(session);
          leave();
        },
      });
      opened = session;
    } catch (thrown) {
      const error = thrown as RpcError;
      return { error, good: false, retryAfterMs: error.retryAfterMs };
    }
    if (this.#stop.signal.aborted) {
      void session.drain();
      return { error: undefined, good: false, retryAfterMs: undefined };
    }
    const { clock } = this.#options;
    const readyAt = clock.now();
    if (session.state === "ready") {
      this.#state = { kind: "ready", session };
      for (const user of [...this.#users]) user.onReady(session);
      await retired;
    }
    const drained = session.state !== "closed";
    if (drained) this.#retiring.add(session);
    return {
      error: undefined,
      good: clock.now() - readyAt >= (drained ? servedMs : healthyMs),
      retryAfterMs: ended?.retryAfterMs,
    };
  }
}
