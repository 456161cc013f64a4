import type { Call } from "../contract/call.js";
import type { Clock, Random } from "../contract/clock.js";
import { RpcError } from "../contract/errors.js";
import type { FailMode } from "../contract/fail-mode.js";
import { noteAttempt } from "../contract/past-attempts.js";
import { CallCopy } from "./call-copy.js";
import { RetryBudget, type RetryBudgetOptions } from "./retry-budget.js";

/** Where a server asks for nothing, the second attempt after a rejection waits up to this, the third up to twice as long. */
const firstBackoffMs = 10;

const never: ReadonlySet<string> = new Set([
  "cancelled",
  "invalid_argument",
  "unauthenticated",
  "permission_denied",
  "unimplemented",
  "deadline_exceeded",
]);

/** Failed in a queue of our own, which is full: trying again would only push. */
const ownQueue: ReadonlySet<string> = new Set(["QUEUE_FULL", "QUEUE_EVICTED"]);

/** Certain "no", since nothing was written. */
const unwritten: ReadonlySet<string> = new Set(["CONNECTION_LOST", "NO_HELLO", "CONNECT_FAILED", "BAD_PREFACE"]);

export interface RetryOptions {
  /** Attempts in all, the first included. Defaults to 3. */
  readonly attempts?: number;
  /** How many retries there may be. Defaults to 10 % of the calls of the last 10 s and 10 a second. */
  readonly budget?: RetryBudgetOptions;
  /** What becomes of calls whose attempts fail, where neither the call nor its method says so. Defaults to "failover". */
  readonly failMode?: FailMode;
}

/** How long to wait, and whether it is paid for; undefined: do not try again. */
interface Verdict {
  readonly delayMs: number;
  readonly charged: boolean;
}

/**
 * What may be tried again, and what it costs. One for each client, with the budget of all its calls; `retry` asks it of
 * calls that failed, and who carries a call asks it of one that could go elsewhere before it has.
 */
export class RetryPolicy {
  readonly #attempts: number;
  readonly #failMode: FailMode;
  readonly #budget: RetryBudget;
  readonly #clock: Clock | undefined;
  readonly #random: Random;

  constructor(
    { attempts = 3, budget, failMode = "failover" }: RetryOptions = {},
    clock?: Clock,
    random: Random = Math.random,
  ) {
    this.#attempts = attempts;
    this.#failMode = failMode;
    this.#budget = new RetryBudget(budget);
    this.#clock = clock;
    this.#random = random;
  }

  /** Returns what becomes of a call whose attempt fails. */
  modeOf({ route, method }: Call): FailMode {
    return route?.failMode ?? method.failMode ?? this.#failMode;
  }

  /** Returns how many retries the budget would still pay for. */
  budgetLeft(): number {
    return this.#budget.left(this.#now());
  }

  /** Whether a call that has no answer yet may be made a second time. True takes that out of the budget. */
  mayBackUp(call: Call): boolean {
    if (call.attempt >= this.#attempts || call.abandoned !== undefined || !call.idempotent || call.cautious)
      return false;
    const now = this.#now();
    return now < call.deadline && this.#budget.withdraw(now);
  }

  /** Counts a call: retries are a share of them. */
  count(call: Call): void {
    this.#budget.deposit(call.startedAt);
  }

  /** Returns in how many ms a call that failed is to be tried again, and takes that out of the budget; undefined: it is not. */
  delayMs(call: Call, thrown: unknown): number | undefined {
    const verdict =
      thrown instanceof RpcError ? judge(call, thrown, this.#attempts, this.#random, this.modeOf(call)) : undefined;
    if (verdict === undefined) return undefined;
    const now = this.#now();
    if (now + verdict.delayMs >= call.deadline) return undefined;
    const error = thrown as RpcError;
    if (verdict.charged && !this.#budget.withdraw(now)) {
      // An error of somebody else's making may be one that cannot be written to.
      Reflect.set(
        error,
        "message",
        `${error.message} (not tried again: the retry budget of this client is used up, see retry.budget)`,
      );
      return undefined;
    }
    noteAttempt(call, error, now);
    return verdict.delayMs;
  }

  /**
   * Whether a call that is still under way would be tried again if it failed with `SUSPECT` now. True takes that out of
   * the budget, so that it must then fail so.
   */
  claim(call: Call, written: boolean): boolean {
    if (call.attempt >= this.#attempts || call.abandoned !== undefined || call.begun) return false;
    if (call.route?.only !== undefined || (call instanceof CallCopy && call.final)) return false;
    const mode = this.modeOf(call);
    if (mode === "failtry" || (mode === "failfast" && written)) return false;
    const now = this.#now();
    if (now >= call.deadline) return false;
    return !written || (call.idempotent && !call.cautious && this.#budget.withdraw(now));
  }

  #now(): number {
    return this.#clock === undefined ? performance.now() : this.#clock.now();
  }
}

function judge(call: Call, error: RpcError, attempts: number, random: Random, mode: FailMode): Verdict | undefined {
  if (
    call.attempt >= attempts ||
    call.abandoned !== undefined ||
    call.begun ||
    never.has(error.code) ||
    ownQueue.has(error.reason)
  )
    return undefined;
  // Who gave it up has asked `claim`.
  if (error.reason === "SUSPECT" && error.origin === "local") return { delayMs: 0, charged: false };
  const { processed } = error;
  if (mode === "failtry" && processed !== "no") return undefined;
  if (processed === "no") {
    if (error.origin === "local" && unwritten.has(error.reason)) return { delayMs: 0, charged: false };
    if (mode === "failfast") return undefined;
    if (error.reason === "DRAINING") return { delayMs: 0, charged: call.attempt > 1 };
    if (error.origin === "local") return undefined;
    return { delayMs: error.retryAfterMs ?? random() * firstBackoffMs * call.attempt, charged: true };
  }
  if (mode === "failfast" || !call.idempotent || call.cautious) return undefined;
  if (processed === "maybe") return { delayMs: 0, charged: true };
  return error.code === "unavailable" ? { delayMs: error.retryAfterMs ?? 0, charged: true } : undefined;
}
