import { RpcError } from "../contract/errors.js";
import type { OptionKinds } from "../service/check-options.js";

/** What is remembered, in pieces of so many ms. */
const slotMs = 1_000;
const slots = 10;
/** Ejections are forgotten, one after the other, while none comes for so long, in ms. */
const forgivenMs = 60_000;

/** When an endpoint that fails calls is left out for a while. */
export interface EjectionOptions {
  /** Calls that fail one after the other. Defaults to 5. */
  readonly failuresInARow?: number;
  /** Share of the calls of the last 10 s that fail. Defaults to 0.5. */
  readonly ratio?: number;
  /** Calls in these 10 s below which no share of them says anything. Defaults to 20. */
  readonly leastCalls?: number;
  /** How long an endpoint is left out the first time, in ms; the n-th time, n times as long. Defaults to 5 000. */
  readonly ejectMs?: number;
  /** How long at most, in ms. Defaults to 60 000. */
  readonly longestMs?: number;
}

export const ejectionKinds = {
  failuresInARow: "count",
  ratio: { from: 0, to: 1 },
  leastCalls: "count",
  ejectMs: "number",
  longestMs: "number",
} as const satisfies Record<keyof EjectionOptions, OptionKinds[string]>;

/**
 * How an endpoint's calls end, and whether it is left out for it: a circuit breaker of its own for each endpoint that a
 * client calls, after the outlier detection of Envoy. A success costs two stores.
 */
export class Health {
  readonly #inARow: number;
  readonly #ratio: number;
  readonly #leastCalls: number;
  readonly #ejectMs: number;
  readonly #longestMs: number;
  readonly #onSick: (why: string) => void;
  /** Answers since ever that were no failures, and as they were when each slot began. */
  #answers = 0;
  readonly #answersAt = new Float64Array(slots);
  readonly #failures = new Float64Array(slots);
  #slot = Number.NEGATIVE_INFINITY;
  #failedInARow = 0;
  #lastCause: unknown;
  #times = 0;
  #ejectedUntil = Number.NEGATIVE_INFINITY;
  #forgiveAt = Number.POSITIVE_INFINITY;

  /** `onSick` is told, in words, each time a failure is one too many; who is told may `eject`. */
  constructor(options: EjectionOptions, onSick: (why: string) => void) {
    const { failuresInARow = 5, ratio = 0.5, leastCalls = 20, ejectMs = 5_000, longestMs = 60_000 } = options;
    this.#inARow = failuresInARow;
    this.#ratio = ratio;
    this.#leastCalls = leastCalls;
    this.#ejectMs = ejectMs;
    this.#longestMs = longestMs;
    this.#onSick = onSick;
  }

  /** Whether it is left out. */
  get ejected(): boolean {
    return this.#ejectedUntil !== Number.NEGATIVE_INFINITY;
  }

  /** A call was answered, with a result or with an error of the application. */
  succeeded(): void {
    this.#answers++;
    this.#failedInARow = 0;
  }

  /** A call failed at `now`. Of the calls that one lost connection fails, which have one cause, the first counts. */
  failed(error: RpcError, now: number): void {
    if (error.cause !== undefined && error.cause === this.#lastCause) return;
    this.#lastCause = error.cause;
    this.#turn(now);
    this.#failedInARow++;
    this.#failures[this.#slot % slots]! += 1;
    if (this.ejected) return;
    if (this.#failedInARow >= this.#inARow) {
      this.#onSick(`${this.#failedInARow} calls in a row failed`);
      return;
    }
    const failures = this.#failures.reduce((sum, count) => sum + count, 0);
    const calls = failures + this.#answers - this.#answersAt[(this.#slot + 1) % slots]!;
    if (calls >= this.#leastCalls && failures >= calls * this.#ratio)
      this.#onSick(`${failures} of ${calls} calls failed within ${(slots * slotMs) / 1_000} s`);
  }

  /** Leaves it out. Returns for how long, in ms. */
  eject(now: number): number {
    this.#times++;
    const forMs = Math.min(this.#longestMs, this.#ejectMs * this.#times);
    this.#ejectedUntil = now + forMs;
    this.#forgiveAt = this.#ejectedUntil + forgivenMs;
    return forMs;
  }

  /** Called every now and then. Returns whether it has just been taken back: its past is forgotten then. */
  tick(now: number): boolean {
    this.#turn(now);
    if (this.ejected) {
      if (now < this.#ejectedUntil) return false;
      this.#ejectedUntil = Number.NEGATIVE_INFINITY;
      this.#failedInARow = 0;
      this.#failures.fill(0);
      this.#answersAt.fill(this.#answers);
      return true;
    }
    if (now >= this.#forgiveAt && this.#times > 0) {
      this.#times--;
      this.#forgiveAt = now + forgivenMs;
    }
    return false;
  }

  #turn(now: number): void {
    const slot = Math.floor(now / slotMs);
    const passed = Math.min(slots, slot - this.#slot);
    for (let step = 0; step < passed; step++) {
      const at = (((slot - step) % slots) + slots) % slots;
      this.#failures[at] = 0;
      this.#answersAt[at] = this.#answers;
    }
    this.#slot = Math.max(slot, this.#slot);
  }
}

/**
 * Whether an error is the endpoint's fault: it said `unavailable`, its connection was lost under a call that it had, or it
 * let a call expire that waited longer than calls do there. Neither what the application answered, nor a rejection for
 * overload, nor an end that was announced, nor what is laid at nobody's door, such as a call given up by its caller.
 */
export function isFault(error: RpcError, latencyMs: number, usualMs: number): boolean {
  const { code, reason, origin, retryAfterMs } = error;
  if (reason === "DRAINING" || reason === "SUSPECT") return false;
  if (code === "unavailable") return origin === "peer" ? retryAfterMs === undefined : latencyMs >= 0;
  return code === "deadline_exceeded" && origin === "local" && latencyMs >= 0 && latencyMs >= usualMs;
}

/** Whether an error says that the endpoint is well: its handler ran and said so. */
export function isAnswer({ origin, processed, code }: RpcError): boolean {
  return origin === "peer" && processed === "yes" && code !== "unavailable" && code !== "deadline_exceeded";
}
