import { type Call, type Interceptor, type Invoke, noMetadata } from "../contract/call.js";
import type { Clock, Random } from "../contract/clock.js";
import type { RpcError } from "../contract/errors.js";
import { isStream } from "../items/is-stream.js";
import { RetriedStream } from "./retried-stream.js";
import { type RetryOptions, RetryPolicy } from "./retry-policy.js";
import { holdArguments } from "./untouched.js";

/**
 * Tries a failed call again, elsewhere where there is an elsewhere, by what is certain about it: what was never written
 * at once and for nothing; what was rejected, and what may have run where the method is idempotent, within the budget.
 * All attempts share the call's deadline. A call whose streams have begun is not tried again. Made anew for each client, which has a budget of its own.
 */
export function retry(options: RetryOptions = {}, clock?: Clock, random: Random = Math.random): Interceptor {
  return (next) => retryBy(new RetryPolicy(options, clock, random), clock)(next);
}

/** `retry`, by a policy that others ask too. */
export function retryBy(policy: Pick<RetryPolicy, "count" | "delayMs" | "modeOf">, clock?: Clock): Interceptor {
  return (next) => {
    const recover = recoveryBy(policy, clock, next);
    return (call) => {
      const { kind } = call.method;
      policy.count(call);
      if (kind === "client" || kind === "duplex") holdArguments(call);
      const answer = next(call).then(undefined, (thrown: unknown) => recover(call, thrown));
      if (kind === "unary" || kind === "client") return answer;
      return answer.then((output) =>
        isStream(output) ? new RetriedStream(call, output, (thrown) => recover(call, thrown)) : output,
      );
    };
  };
}

/** Returns what makes a call again by `next` whose first attempt failed, or rejects with what that failed with. */
export function recoveryBy(
  policy: Pick<RetryPolicy, "delayMs" | "modeOf">,
  clock: Clock | undefined,
  next: Invoke,
): (call: Call, thrown: unknown) => Promise<unknown> {
  return async function recover(call, thrown): Promise<unknown> {
    const delayMs = policy.delayMs(call, thrown);
    if (delayMs === undefined) throw thrown;
    prepare(call, thrown as RpcError, policy.modeOf(call) === "failtry");
    if (delayMs > 0) await wait(delayMs, call, clock);
    if (call.abandoned !== undefined) throw call.abandoned;
    return next(call).then(undefined, (again: unknown) => recover(call, again));
  };
}

/** Notes what the failed attempt leaves behind, and turns the call away from where it failed, or ties it to there. */
function prepare(call: Call, error: RpcError, again: boolean): void {
  if (error.processed !== "no" && call.processed !== "yes") call.processed = error.processed;
  call.attempt++;
  call.replyMetadata = noMetadata;
  const failed = call.endpoint?.id;
  if (failed === undefined || call.route?.only !== undefined) return;
  if (again) call.route = { ...call.route, only: failed };
  else {
    call.route = { ...call.route, except: [...(call.route?.except ?? []), failed] };
  }
}

function wait(delayMs: number, { deadline }: Call, clock: Clock | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock === undefined ? setTimeout(resolve, delayMs) : clock.setTimer(resolve, delayMs);
    // Who awaits the call keeps the process alive by its deadline; who has given it up must not be waited for.
    if (deadline !== Number.POSITIVE_INFINITY) timer.unref();
  });
}
