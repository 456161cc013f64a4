/**
 * Loaded before node:test, spares the tests what that costs them: it follows every promise from its making to its collection,
 * to know which test an error belongs to that nobody caught. That takes up to two thirds of the time in which streams and
 * calls are tested, and is nothing that a user's process has. Here such an error belongs to the file (see leftovers.js).
 *
 * What node:test needs to nest tests in suites it is still told: each test and suite by its own id.
 */
import asyncHooks from "node:async_hooks";

const { AsyncResource, createHook } = asyncHooks;

/** @type {import("node:async_hooks").HookCallbacks["init"]} */
let told;

asyncHooks.createHook = (callbacks) => {
  if (callbacks.init === undefined || callbacks.destroy === undefined) return createHook(callbacks);
  told = callbacks.init;
  asyncHooks.createHook = createHook;
  return createHook({});
};

asyncHooks.AsyncResource = class extends AsyncResource {
  /** @param {ConstructorParameters<typeof AsyncResource>} args */
  constructor(...args) {
    super(...args);
    told?.(this.asyncId(), args[0], this.triggerAsyncId(), this);
  }
};
await import("node:test");
asyncHooks.AsyncResource = AsyncResource;
