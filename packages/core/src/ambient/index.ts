import type { Call } from "../contract/call.js";

/** Returns the call whose handler is running, where ambient context is on. */
export function ambientCall(): Call | undefined {
  return undefined;
}

/** Runs `run` outside any call's context: for what outlives the call during which it happens to begin. */
export function outsideAnyCall<T>(run: () => T): T {
  return run();
}
