import { AsyncLocalStorage } from "node:async_hooks";
import type { Call, Invoke } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";

/**
 * The one storage of core, made when ambient context is first switched on: until then a look at it is a look at
 * undefined, and promises cost what they cost without it.
 */
let storage: AsyncLocalStorage<Call | undefined> | undefined;

/**
 * Returns the call whose handler is running: its deadline, signal, metadata and caller. Throws
 * `failed_precondition` / `NO_CURRENT_CALL` outside a handler, after it has settled, and where ambient context is off.
 */
export function currentCall(): Call {
  const call = ambientCall();
  if (call !== undefined) return call;
  const why =
    storage === undefined
      ? "ambient context is off: createApp switches it on, serve and createDispatcher with ambient: true"
      : "no handler is running here, or it has settled already";
  throw new RpcError("failed_precondition", `currentCall(): ${why}`, { reason: "NO_CURRENT_CALL", processed: "no" });
}

/** Returns the call whose handler is running, if one is. */
export function ambientCall(): Call | undefined {
  const call = storage?.getStore();
  return call === undefined || call.settled ? undefined : call;
}

/** Runs a call so that `currentCall()` is it, in its handler and in all that the handler awaits, until it settles. */
export function runInCall(call: Call, invoke: Invoke): Promise<unknown> {
  storage ??= new AsyncLocalStorage();
  return storage.run(call, invoke, call);
}

/**
 * Runs `run` outside any call: what begins there inherits no deadline, cancellation, priority or trace. For work that
 * goes on after the handler has answered.
 */
export function detached<T>(run: () => T): T {
  return storage === undefined ? run() : storage.run(undefined, run);
}
