import type { Call, NestedCall } from "../contract/call.js";
import { cancelled } from "./caller-errors.js";
import { type Abortable, forgetAbort, tellAbort } from "./on-abort.js";

/** What a call lacks that is over before its time. */
const lacking = "had no answer";

/**
 * Settles as `begin` does, on behalf of a call that cannot be made yet; rejects as that call would where its caller's
 * signal aborts before, or the handler that makes it is told to stop.
 */
export function untilGivenUp<T>(call: Call, parent: Call | undefined, begin: () => Promise<T>): Promise<T> {
  const { signal } = call;
  if (signal?.aborted) return Promise.reject(cancelled(call, signal.reason, lacking));
  return new Promise((resolve, reject) => {
    const waiting = new Waiting(call, parent, reject);
    begin()
      .then(resolve, reject)
      .finally(() => waiting.end());
  });
}

class Waiting implements Abortable, NestedCall {
  readonly #call: Call;
  readonly #parent: Call | undefined;
  readonly #reject: (thrown: unknown) => void;

  constructor(call: Call, parent: Call | undefined, reject: (thrown: unknown) => void) {
    this.#call = call;
    this.#parent = parent;
    this.#reject = reject;
    if (call.signal !== undefined) tellAbort(call.signal, this);
    if (parent === undefined) return;
    parent.nested ??= new Set();
    parent.nested.add(this);
  }

  onAbort(): void {
    this.abandon(this.#call.signal?.reason);
  }

  abandon(reason: unknown): void {
    this.end();
    this.#reject(cancelled(this.#call, reason, lacking));
  }

  end(): void {
    const { signal } = this.#call;
    if (signal !== undefined) forgetAbort(signal, this);
    this.#parent?.nested?.delete(this);
  }
}
