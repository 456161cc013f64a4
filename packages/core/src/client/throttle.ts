import type { Call } from "../contract/call.js";
import type { Clock, Random } from "../contract/clock.js";
import { RpcError } from "../contract/errors.js";

export interface ThrottleOptions {
  /**
   * How many calls are sent for each that is taken: 2 sheds nothing until every second call is rejected, less than that
   * sheds sooner. Defaults to 2.
   */
  readonly k?: number;
}

/** What is remembered, in ms, and in how many pieces it is forgotten. */
const slotMs = 250;
const slots = 8;
/** So few say nothing: a client that makes a call now and then is not silenced by one rejection. */
const reserve = 20;
/** Some calls are always sent, so that it is soon known when the overload is over. */
const mostShed = 0.9;

/**
 * Sheds calls of one service in this process once its servers reject most of them for overload: each call then with the
 * chance max(0, (requests − k × accepts − 20) ÷ (requests + 1)) of the last 2 s, and 0.9 at most. After adaptive throttling in Beyer et al.,
 * Site Reliability Engineering, chapter 21, with a shorter memory, so that it ends with the overload. It counts from the
 * first rejection to the first 2 s without one; before and after, a call costs one look at `active`. It is kept for each
 * service, over all its endpoints, because a call that one endpoint rejects may succeed at another.
 */
export class Throttle {
  /** Whether calls were rejected of late, so that there is something to count. */
  active = false;
  readonly #k: number;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #requests = new Float64Array(slots);
  readonly #accepts = new Float64Array(slots);
  #slot = 0;
  #rejectedIn = 0;

  constructor({ k = 2 }: ThrottleOptions, clock: Clock, random: Random) {
    this.#k = k;
    this.#clock = clock;
    this.#random = random;
  }

  /** Counts a call that is about to be sent, while active. Returns the error of one that must not be; critical ones always may. */
  shed(call: Call): RpcError | undefined {
    this.#turn();
    this.#requests[this.#slot % slots]! += 1;
    if (!this.active || call.priority === "critical") return undefined;
    const requests = sum(this.#requests);
    const tooMany = requests - this.#k * sum(this.#accepts) - reserve;
    if (tooMany <= 0 || this.#random() >= Math.min(mostShed, tooMany / (requests + 1))) return undefined;
    return new RpcError(
      "resource_exhausted",
      `${call.method.path} was not sent: the servers of ${call.method.service} reject most calls for overload (option throttle)`,
      { reason: "THROTTLED", processed: "no" },
    );
  }

  /** Says what became of a call that was sent: called with every error, and while active with every answer. */
  settled(error: RpcError | undefined): void {
    const rejected = error !== undefined && isOverload(error);
    if (!rejected && !this.active) return;
    this.#turn();
    if (rejected) {
      if (!this.active) this.#requests[this.#slot % slots]! += 1;
      this.active = true;
      this.#rejectedIn = this.#slot;
    } else {
      this.#accepts[this.#slot % slots]! += 1;
    }
  }

  #turn(): void {
    const slot = Math.floor(this.#clock.now() / slotMs);
    const passed = Math.min(slots, slot - this.#slot);
    for (let step = 0; step < passed; step++)
      this.#requests[(slot - step) % slots] = this.#accepts[(slot - step) % slots] = 0;
    this.#slot = slot;
    if (slot - this.#rejectedIn >= slots) this.active = false;
  }
}

/** A server that is overloaded asks to be left alone for a while; one that takes no message of this size does not. */
function isOverload({ code, origin, processed, retryAfterMs }: RpcError): boolean {
  return code === "resource_exhausted" && origin === "peer" && processed === "no" && retryAfterMs !== undefined;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
