import { AsyncLocalStorage } from "node:async_hooks";
import type { Call, Invoke } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import { isStream } from "../items/is-stream.js";
import { ItemsWithin, type Within } from "../items/items-within.js";

/**
 * What begins in a handler refers to: emptied when the handler settles. Whatever outlives it, a timer, a socket, a
 * promise in a cache, then inherits nothing, and keeps this small object alive instead of a call with its arguments.
 */
interface Holder {
  call: Call | undefined;
}

/**
 * The one storage of core, made when the first call runs with ambient context: until then a look at it is a look at
 * undefined, and promises cost what they cost without it.
 */
let storage: AsyncLocalStorage<Holder | undefined> | undefined;

/**
 * Returns the call whose handler is running: its deadline, signal, metadata and caller. Throws
 * `failed_precondition` / `NO_CURRENT_CALL` outside a handler, after it has settled, and where ambient context is off.
 */
export function currentCall(): Call {
  const call = ambientCall();
  if (call !== undefined) return call;
  const why =
    storage === undefined
      ? "no handler has run with ambient context: createApp switches it on, serve and createDispatcher with ambient: true"
      : "no handler is running here, or it has settled, or this was begun in detached()";
  throw new RpcError("failed_precondition", `currentCall(): ${why}`, { reason: "NO_CURRENT_CALL", processed: "no" });
}

/** Returns the call whose handler is running; undefined where `currentCall` throws. */
export function ambientCall(): Call | undefined {
  return storage?.getStore()?.call;
}

/**
 * Runs a call so that `currentCall()` is it: in what `invoke` does, and in all that begins there, until the promise
 * that `invoke` returned has settled. Runs for every call of a server with ambient context.
 */
export function runInCall(call: Call, invoke: Invoke): Promise<unknown> {
  storage ??= new AsyncLocalStorage();
  const holder: Holder = { call };
  let answer: Promise<unknown>;
  try {
    answer = storage.run(holder, invoke, call);
  } catch (thrown) {
    holder.call = undefined;
    throw thrown;
  }
  return answer.then(
    (output) => {
      holder.call = undefined;
      return output;
    },
    (thrown: unknown) => {
      holder.call = undefined;
      throw thrown;
    },
  );
}

/**
 * `runInCall` for a call whose result is a stream: `currentCall()` is it also in what the stream's source does between two
 * items, until the last one was taken, or its reader has left.
 */
export function streamInCall(call: Call, invoke: Invoke): Promise<unknown> {
  storage ??= new AsyncLocalStorage();
  const holder: Holder = { call };
  const within: Within = (run) => storage!.run(holder, run);
  const end = (): void => {
    holder.call = undefined;
  };
  let answer: Promise<unknown>;
  try {
    answer = within(() => invoke(call));
  } catch (thrown) {
    end();
    throw thrown;
  }
  return answer.then(
    (output) => (isStream(output) ? new ItemsWithin(output, within, end) : output),
    (thrown: unknown) => {
      end();
      throw thrown;
    },
  );
}

/**
 * Runs `run` outside any call, and returns what it returns: what begins there inherits no deadline, cancellation,
 * priority or trace. For work that goes on after the handler has answered, and for what is shared by many calls, e.g.
 * a connection or a timer, which would otherwise belong to the one that happened to begin it.
 */
export function detached<T>(run: () => T): T {
  return storage === undefined ? run() : storage.run(undefined, run);
}
