import { stallMs, tickMs } from "../clock/ticker.js";
import type { Timer } from "../contract/clock.js";
import type { RpcError } from "../contract/errors.js";
import type { KeepAliveOptions } from "../contract/keep-alive.js";
import { Kind } from "../wire/header.js";
import type { Connection } from "./connection.js";
import { connectionLost } from "./connection-lost.js";

/** Silence after which buffers for what may come are let go, in ms. */
const quietMs = 5_000;
/** A call is late once it is this many times as old as nearly all others got. */
const lateFactor = 3;

/** What liveness asks of its session. */
export interface Watched {
  /** Whether the peer owes an answer. */
  owed(): boolean;
  /**
   * When the oldest of the calls without an answer that were written after `since` was, in ms on the clock; Infinity where
   * there is none. Those count, too, that were given up since the peer was last heard of.
   */
  oldestWrittenAt(since: number): number;
  /** What 99 of 100 answers took at most, in ms; what is above 250 counts as that. */
  usualMs(): number;
  /** The peer has become suspect, or was heard of again. */
  onSuspicion(suspect: boolean): void;
  close(error: RpcError): void;
}

/**
 * Whether the peer is still there. A late answer of a silent peer is asked after at once, and where nothing comes the
 * peer is suspect, until the next byte of its; a long silence ends the connection. Whatever was read last counts, be it
 * a pong or not.
 */
export class Liveness {
  #suspect = false;
  readonly #connection: Connection;
  readonly #options: Required<KeepAliveOptions>;
  readonly #session: Watched;
  /** The last ping for silence alone, which waits for its answer until something is read again. */
  #pingedAt = Number.NEGATIVE_INFINITY;
  /** The last ping of either kind: calls that are older and have no answer yet are just slow, once it has one. */
  #askedAt = Number.NEGATIVE_INFINITY;
  #verdict: Timer | undefined;
  /** What was asked last was given all its time again, since this process was held up meanwhile: once is enough. */
  #pingBegunAnew = false;
  #verdictBegunAnew = false;

  constructor(connection: Connection, options: Required<KeepAliveOptions>, session: Watched) {
    this.#connection = connection;
    this.#options = options;
    this.#session = session;
  }

  /** Whether calls should go elsewhere. */
  get suspect(): boolean {
    return this.#suspect;
  }

  /** A suspect peer was heard of. */
  onHeard(): void {
    this.#suspect = false;
    this.#session.onSuspicion(false);
  }

  /**
   * This process was held up. What was asked before may have left only now: the peer has all its time again. Later stalls
   * give it no more than they took, or who stalls again and again would wait for ever.
   */
  onStall(now: number, stalledMs: number): void {
    if (this.#pingedAt <= this.#connection.readAt) return;
    this.#pingedAt = this.#pingBegunAnew ? this.#pingedAt + stalledMs : now;
    this.#pingBegunAnew = true;
  }

  /** Called every 250 ms while the connection is open, but for right after a stall. */
  tick(now: number): void {
    const { readAt, peer } = this.#connection;
    const { idleMs, busyMs, timeoutMs } = this.#options;
    const silentMs = now - readAt;
    // Closer than half a tick is there: nothing may last a tick longer than it says.
    const dueMs = (this.#suspect || this.#session.owed() ? busyMs : idleMs) - tickMs / 2;
    if (silentMs >= dueMs && this.#pingedAt <= readAt) {
      this.#pingedAt = now;
      this.#pingBegunAnew = false;
      this.#ask(now);
    } else if (silentMs >= dueMs && now - this.#pingedAt >= timeoutMs - tickMs / 2) {
      this.#session.close(connectionLost(peer.address, `it has not answered for ${Math.round(silentMs)} ms`));
    } else if (silentMs >= this.#options.suspectAfterMs && this.#askedAt <= readAt && this.#isLate(now, silentMs)) {
      this.#ask(now);
    }
  }

  /** Whether nothing has come for so long that buffers may be let go. */
  quiet(now: number): boolean {
    return now - this.#connection.readAt > quietMs;
  }

  /** The connection is over. */
  stop(): void {
    this.#verdict?.cancel();
    this.#verdict = undefined;
  }

  /**
   * Whether a call waits longer than calls do here, and nothing was asked since it was written. The peer has to be silent
   * as long: where several calls wait, one that is busy with each for long answers them one after the other.
   */
  #isLate(now: number, silentMs: number): boolean {
    const lateMs = Math.max(this.#options.suspectAfterMs, lateFactor * this.#session.usualMs());
    return silentMs >= lateMs && now - this.#session.oldestWrittenAt(this.#askedAt) >= lateMs;
  }

  #ask(now: number): void {
    this.#askedAt = now;
    this.#connection.outbox.frame(Kind.ping, 0, 0, 0);
    if (!this.#suspect && this.#options.suspectTimeoutMs !== Number.POSITIVE_INFINITY) {
      this.#verdictBegunAnew = false;
      this.#judgeLater();
    }
  }

  #judgeLater(): void {
    const { clock } = this.#connection;
    this.#verdict?.cancel();
    this.#verdict = clock.setTimer(() => clock.afterReads(() => this.#judge()), this.#options.suspectTimeoutMs);
    // Who waits for an answer keeps the process alive by itself.
    this.#verdict.unref();
  }

  #judge(): void {
    const { readAt, clock } = this.#connection;
    if (this.#verdict === undefined) return;
    this.#verdict = undefined;
    if (this.#askedAt <= readAt) return;
    const now = clock.now();
    if (!this.#verdictBegunAnew && now - this.#askedAt > this.#options.suspectTimeoutMs + stallMs) {
      // This process was held up itself.
      this.#askedAt = now;
      this.#verdictBegunAnew = true;
      this.#judgeLater();
      return;
    }
    this.#suspect = true;
    this.#session.onSuspicion(true);
  }
}
