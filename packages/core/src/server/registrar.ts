import { Backoff } from "../clock/backoff.js";
import { pause } from "../clock/pause.js";
import type { Clock, Random } from "../contract/clock.js";
import { RpcError } from "../contract/errors.js";
import type { Logger } from "../contract/logger.js";
import type { Endpoint, Entry, Lease, NodeState, Registry } from "../contract/registry.js";
import { storedState } from "../discovery/named-tags.js";
import { WatchLoop } from "../discovery/watch-loop.js";

/** A registration that lasted so long was a good one, in ms. */
const healthyMs = 10_000;
/** After how long an entry that is missing is put back, in ms, and up to twice that by chance. */
const restoreMs = 1_000;
/** The longest wait between two attempts to register, in ms, ± 20 %: nobody finds a new process before one succeeds. */
const longestWaitMs = 10_000;
/** How long a start waits for a registry that is away, in ms. */
const startMs = 5_000;
/** How long lists may still say what was there before a change of our own, in ms. */
const settlingMs = 5_000;

export interface RegistrarOptions {
  readonly registry: Registry;
  readonly entries: readonly Entry[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * Keeps what a process serves registered, whatever happens to the lease, until it is released. What an operator changes
 * of its entries meanwhile is adopted: it is registered again after a loss, and forgotten with the instance.
 */
export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #stop = new AbortController();
  #entries: readonly Entry[];
  #lease: Lease | undefined;
  #kept: Promise<unknown> | undefined;
  /** Services under which a list lacked us. */
  readonly #missing = new Set<string>();
  #restoring = false;
  /** Until when lists that say something else than we do are older than our own change, in ms on the clock. */
  #settlesAt = Number.NEGATIVE_INFINITY;

  constructor(options: RegistrarOptions) {
    this.#options = options;
    this.#entries = options.entries;
  }

  /**
   * Registers. Rejects where the registry refuses the entries. One that is away is waited for, for 5 s: a process that starts
   * while it is must not stay away because of that; afterwards it is tried until it works.
   */
  async start(): Promise<void> {
    this.#lease = await this.#firstLease();
    this.#kept = Promise.all([this.#keep(this.#lease), ...this.#entries.map(({ service }) => this.#adopt(service))]);
  }

  async #firstLease(): Promise<Lease | undefined> {
    const { registry, clock, random, logger } = this.#options;
    const backoff = new Backoff({}, random);
    const startedAt = clock.now();
    for (;;) {
      try {
        return await registry.register(this.#entries);
      } catch (error) {
        if (!(error instanceof RpcError) || error.code !== "unavailable") throw error;
        if (clock.now() - startedAt < startMs) await pause(clock, backoff.next(), this.#stop.signal);
        else {
          const message = "not registered: nobody finds what is served until the registry can be reached";
          logger.error(message, { error: error.message });
          return undefined;
        }
      }
    }
  }

  /**
   * Changes the state of everything that is registered. Rejects with a TypeError for what cannot be. Where the registry
   * cannot be told now it rejects, too, and is told when it can be.
   */
  async setState(patch: NodeState): Promise<void> {
    this.#entries = this.#entries.map((entry) => ({ ...entry, ...storedState(entry, patch) }));
    this.#settlesAt = Number.POSITIVE_INFINITY;
    try {
      await this.#tell();
    } catch (error) {
      void this.#tellLater();
      throw error;
    }
  }

  async #tell(): Promise<void> {
    // Registering may be under way, with what was to be registered when it began.
    if (this.#lease === undefined) {
      const message = "nothing is registered yet: the registry is told as soon as it can be reached";
      throw new RpcError("unavailable", message, { reason: "NO_REGISTRY", processed: "no" });
    }
    await this.#lease.update(this.#entries);
    this.#settlesAt = this.#options.clock.now() + settlingMs;
  }

  async #tellLater(): Promise<void> {
    const { clock, random } = this.#options;
    const { signal } = this.#stop;
    const backoff = new Backoff({}, random);
    while (this.#settlesAt === Number.POSITIVE_INFINITY) {
      await pause(clock, backoff.next(), signal);
      if (signal.aborted) return;
      await this.#tell().catch(() => {});
    }
  }

  /** Takes the entries away. Never rejects, and waits `patienceMs` at most: a registry that is gone must not hold up a shutdown. */
  async release(patienceMs: number): Promise<void> {
    this.#stop.abort();
    const over = new AbortController();
    const released = this.#giveBack().finally(() => over.abort());
    await Promise.race([released, pause(this.#options.clock, patienceMs, over.signal)]);
  }

  async #giveBack(): Promise<void> {
    try {
      await this.#lease?.release();
    } catch (error) {
      const message = "the registry did not take the entries back; they go when their lease ends";
      this.#options.logger.warn(message, { error: messageOf(error) });
    }
    await this.#kept;
  }

  async #keep(first: Lease | undefined): Promise<void> {
    const { clock, random, logger } = this.#options;
    const { signal } = this.#stop;
    const stopped = new Promise<undefined>((resolve) => signal.addEventListener("abort", () => resolve(undefined)));
    // Many processes lose their leases at once; the jitter keeps them from coming back at once.
    const backoff = new Backoff({ longestMs: longestWaitMs }, random);
    let lease = first ?? (await this.#registerAgain(backoff));
    for (; lease !== undefined; lease = await this.#registerAgain(backoff)) {
      this.#lease = lease;
      const registeredAt = clock.now();
      const reason = await Promise.race([lease.lost, stopped]);
      if (signal.aborted) return;
      logger.warn("the registration was lost and is made again", { error: messageOf(reason) });
      if (clock.now() - registeredAt >= healthyMs) backoff.reset();
      else await pause(clock, backoff.next(), signal);
    }
  }

  async #registerAgain(backoff: Backoff): Promise<Lease | undefined> {
    const { registry, clock, logger } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const lease = await registry.register(this.#entries);
        if (!signal.aborted) return lease;
        await lease.release();
      } catch (error) {
        const waitMs = backoff.next();
        logger.warn("registering failed and is tried again", {
          error: messageOf(error),
          retryInMs: Math.round(waitMs),
        });
        await pause(clock, waitMs, signal);
      }
    }
    return undefined;
  }

  /** Somebody took an entry away, and the lease does not know: it is put back, unless it appears by itself. */
  #restoreSoon(service: string): void {
    const { clock, random } = this.#options;
    this.#missing.add(service);
    if (this.#restoring) return;
    this.#restoring = true;
    const restore = async (): Promise<void> => {
      await pause(clock, restoreMs * (1 + random()), this.#stop.signal);
      this.#restoring = false;
      if (!this.#stop.signal.aborted && this.#missing.size > 0) await this.#tell();
    };
    void restore().catch(() => {}); // The next list tries again, and what is lost is registered anew.
  }

  #adopt(service: string): Promise<void> {
    const { registry, clock, random, logger } = this.#options;
    const onList = (endpoints: readonly Endpoint[]): void => {
      const settling = clock.now() < this.#settlesAt;
      const ours = this.#entries.filter((entry) => entry.service === service);
      if (ours.every(({ id }) => endpoints.some((endpoint) => endpoint.id === id))) this.#missing.delete(service);
      else this.#restoreSoon(service);
      this.#entries = this.#entries.map((entry) => {
        const seen = entry.service === service && endpoints.find(({ id }) => id === entry.id);
        return seen && !settling ? { ...entry, weight: seen.weight, tags: seen.tags, inactive: seen.inactive } : entry;
      });
    };
    const loop = new WatchLoop(
      { registry, service, clock, random, backoff: {}, logger, onList, onLost: () => {} },
      this.#stop.signal,
    );
    return loop.over;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
