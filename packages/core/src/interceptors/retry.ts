import { type Call, type Carrier, type Interceptor, type Invoke, noMetadata } from "../contract/call.js";
import type { Clock, Random, Timer } from "../contract/clock.js";
import type { Processed, RpcError } from "../contract/errors.js";
import { isStream } from "../items/is-stream.js";
import { CallCopy } from "./call-copy.js";
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
    const givenUp = delayMs > 0 ? await wait(delayMs, call, clock) : undefined;
    if (givenUp !== undefined) throw givenUp;
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

/** Resolves after a while, or at once, with why, where the call is given up before. */
function wait(delayMs: number, call: Call, clock: Clock | undefined): Promise<RpcError | undefined> {
  return new Promise((resolve) => {
    const waiting = new Waiting(call, resolve, clock, delayMs);
    // Of two attempts side by side the race has the call, and takes one that has no carrier for not under way.
    if (!(call instanceof CallCopy)) call.carrier = waiting;
  });
}

/** A call between two attempts. */
class Waiting implements Carrier {
  readonly #call: Call;
  readonly #resolve: (givenUp: RpcError | undefined) => void;
  readonly #timer: Timer | NodeJS.Timeout;

  constructor(call: Call, resolve: (givenUp: RpcError | undefined) => void, clock: Clock | undefined, delayMs: number) {
    this.#call = call;
    this.#resolve = resolve;
    const run = (): void => this.#end(undefined);
    this.#timer = clock === undefined ? setTimeout(run, delayMs) : clock.setTimer(run, delayMs);
    // Who awaits the call keeps the process alive by its deadline.
    if (call.deadline !== Number.POSITIVE_INFINITY) this.#timer.unref();
  }

  giveUp(error: RpcError): Processed {
    if ("cancel" in this.#timer) this.#timer.cancel();
    else clearTimeout(this.#timer);
    this.#end(error);
    return this.#call.processed;
  }

  #end(givenUp: RpcError | undefined): void {
    if (this.#call.carrier === this) this.#call.carrier = undefined;
    this.#resolve(givenUp);
  }
}
