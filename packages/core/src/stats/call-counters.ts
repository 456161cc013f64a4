import type { Failure } from "./failure.js";
import { Failures } from "./failures.js";
import { Histogram } from "./histogram.js";
import { type CallStats, latencyStats } from "./snapshots.js";

/**
 * Calls of one kind: a method's on a connection, or sums of these. The common call costs two increments and one look
 * into the histogram; that it succeeded follows from what is not counted as failed.
 */
export class CallCounters {
  calls = 0;
  settled = 0;
  failed = 0;
  retries = 0;
  #failures: Failures | undefined;
  #latency: Histogram | undefined;

  /** A call has failed; it is counted as settled too. */
  fail({ code, reason }: Failure): void {
    this.settled++;
    this.failed++;
    this.#failures ??= new Failures();
    this.#failures.count(code, reason);
  }

  /** So many answers took so long, in µs as `Histogram.recordUs` takes them. */
  took(us: number, times: number): void {
    this.#latency ??= new Histogram();
    this.#latency.recordUs(us, times);
  }

  add(other: CallCounters): void {
    this.calls += other.calls;
    this.settled += other.settled;
    this.failed += other.failed;
    this.retries += other.retries;
    if (other.#failures !== undefined) {
      this.#failures ??= new Failures();
      this.#failures.merge(other.#failures);
    }
    if (other.#latency !== undefined) {
      this.#latency ??= new Histogram();
      this.#latency.merge(other.#latency);
    }
  }

  /** Forgets what has settled: what is pending counts on. */
  reset(): void {
    this.calls -= this.settled;
    this.settled = this.failed = this.retries = 0;
    this.#failures = undefined;
    this.#latency = undefined;
  }

  /** `latency`: of whoever knows it, where that is somebody else. */
  stats(latency: CallCounters = this): CallStats {
    return {
      calls: this.calls,
      ok: this.settled - this.failed,
      failed: this.failed,
      pending: this.calls - this.settled,
      retries: this.retries,
      codes: this.#failures?.codes ?? {},
      reasons: this.#failures?.reasons ?? {},
      latency: latencyStats(latency.#latency ?? none),
    };
  }
}

const none = new Histogram();
