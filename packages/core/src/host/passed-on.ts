import type { Call, Invoke } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import type { CallCounters } from "../stats/call-counters.js";
import { asFailure } from "../stats/failure.js";

/**
 * Makes a call that a peer made of this process, as it is. A client's calls tell their outcome themselves, and are given
 * up by themselves; of this one nobody else would tell who carries it that its caller has gone, or its deadline has come.
 */
export async function passedOn(next: Invoke, account: CallCounters, call: Call): Promise<unknown> {
  const { signal } = call;
  try {
    if (signal === undefined) return succeeded(account, await next(call));
    if (signal.aborted) throw givenUp(signal);
    const leaving = new Leaving(call, signal);
    signal.addEventListener("abort", leaving);
    try {
      return succeeded(account, await next(call));
    } finally {
      signal.removeEventListener("abort", leaving);
    }
  } catch (thrown) {
    account.fail(asFailure(thrown));
    throw thrown;
  }
}

function succeeded(account: CallCounters, output: unknown): unknown {
  account.settled++;
  return output;
}

/** Tells who carries a call that nobody waits for it any more. */
class Leaving {
  readonly #call: Call;
  readonly #signal: AbortSignal;

  constructor(call: Call, signal: AbortSignal) {
    this.#call = call;
    this.#signal = signal;
  }

  handleEvent(): void {
    this.#call.carrier?.giveUp(givenUp(this.#signal), this.#call);
  }
}

/** An error of its own, since who carries a call writes to it; and none that speaks against who was asked. */
function givenUp({ reason: cause }: AbortSignal): RpcError {
  const { message } = cause as Error;
  return cause instanceof RpcError && cause.code === "deadline_exceeded"
    ? new RpcError("deadline_exceeded", message, { reason: "DEADLINE_EXCEEDED", processed: "no", cause })
    : new RpcError("cancelled", message, { reason: "CANCELLED", processed: "no", cause });
}
