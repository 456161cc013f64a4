import type { Call, Interceptor, Invoke } from "../contract/call.js";
import type { Clock, Random } from "../contract/clock.js";
import { RpcError } from "../contract/errors.js";
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
}

/** How long to wait, and whether it is paid for; undefined: do not try again. */
interface Verdict {
  readonly delayMs: number;
  readonly charged: boolean;
}

/**
 * Tries a failed call again, elsewhere where there is an elsewhere, by what is certain about it: what was never written
 * at once and for nothing; what was rejected, and what may have run where the method is idempotent, within the budget.
 * All attempts share the call's deadline. Made anew for each client, which has a budget of its own.
 */
export function retry(options: RetryOptions = {}, clock?: Clock, random: Random = Math.random): Interceptor {
  const { attempts = 3, budget: budgetOptions } = options;
  return (next) => {
    const budget = new RetryBudget(budgetOptions);
    const now = (): number => (clock === undefined ? performance.now() : clock.now());
    const recover = async (call: Call, thrown: unknown): Promise<unknown> => {
      const verdict = thrown instanceof RpcError ? judge(call, thrown, attempts, random) : undefined;
      if (verdict === undefined) throw thrown;
      const at = now();
      if (at + verdict.delayMs >= call.deadline) throw thrown;
      if (verdict.charged && !budget.withdraw(at)) throw thrown;
      prepare(call, thrown as RpcError);
      if (verdict.delayMs > 0) await wait(verdict.delayMs, clock);
      if (call.abandoned !== undefined) throw call.abandoned;
      return attempt(call);
    };
    // No async function here: the common call succeeds at once and should not pay for those that do not.
    const attempt: Invoke = (call) => next(call).then(undefined, (thrown: unknown) => recover(call, thrown));
    return (call) => {
      budget.deposit(call.startedAt);
      return attempt(call);
    };
  };
}

function judge(call: Call, error: RpcError, attempts: number, random: Random): Verdict | undefined {
  if (call.attempt >= attempts || call.abandoned !== undefined || never.has(error.code) || ownQueue.has(error.reason))
    return undefined;
  const { processed } = error;
  if (processed === "no") {
    if (error.origin === "local" && unwritten.has(error.reason)) return { delayMs: 0, charged: false };
    if (error.reason === "DRAINING") return { delayMs: 0, charged: call.attempt > 1 };
    if (error.origin === "local") return undefined;
    return { delayMs: error.retryAfterMs ?? random() * firstBackoffMs * call.attempt, charged: true };
  }
  if (!call.idempotent || call.cautious) return undefined;
  if (processed === "maybe") return { delayMs: 0, charged: true };
  return error.code === "unavailable" ? { delayMs: error.retryAfterMs ?? 0, charged: true } : undefined;
}

/** Notes what the failed attempt leaves behind, and turns the call away from where it failed. */
function prepare(call: Call, error: RpcError): void {
  if (error.processed !== "no" && call.processed !== "yes") call.processed = error.processed;
  call.attempt++;
  const failed = call.endpoint?.id;
  if (failed !== undefined && call.route?.only === undefined) {
    call.route = { ...call.route, except: [...(call.route?.except ?? []), failed] };
  }
}

function wait(delayMs: number, clock: Clock | undefined): Promise<void> {
  return new Promise((resolve) => {
    // Who awaits the call keeps the process alive by its deadline; who has given it up must not be waited for.
    if (clock === undefined) setTimeout(resolve, delayMs).unref();
    else clock.setTimer(resolve, delayMs).unref();
  });
}
