/** What a test file may not leave behind in the process that it shares with all others. */
import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import { inspect } from "node:util";

const graceMs = 1_000; // sockets and servers need a few turns to close
const signals = ["SIGTERM", "SIGINT", "SIGHUP", "uncaughtException", "unhandledRejection"];
const faked = /** @type {const} */ (["setTimeout", "setInterval", "setImmediate", "Date", "fetch", "queueMicrotask"]);

/** Remembers how the process is now; the function it returns lists, in words, what is different since. */
export function leftovers() {
  let noise = /** @type {string[]} */ ([]);
  process.on("warning", (warning) => {
    if (warning.name !== "ExperimentalWarning") noise.push(`a process warning: ${warning.stack ?? warning}`);
  });
  process.on("uncaughtExceptionMonitor", (error) => noise.push(`an error that nobody caught: ${inspect(error)}`));
  process.on("unhandledRejection", (reason) => noise.push(`a rejection that nobody handled: ${inspect(reason)}`));
  let before = snapshot();
  return async () => {
    const open = await stillOpen(before.resources);
    const after = snapshot();
    const found = [
      ...open.map((resource) => `open: ${resource}`),
      ...noise,
      ...signals
        .filter((name) => after.listeners[name] !== before.listeners[name])
        .map((name) => `listeners for ${name}: ${before.listeners[name]} before, ${after.listeners[name]} after`),
      ...differing(before.env, after.env).map((name) => `process.env.${name} changed`),
      ...differing(before.globals, after.globals).map((name) => `globalThis.${name} changed`),
    ];
    before = after; // so that the next file is not blamed for it
    noise = [];
    return found;
  };
}

/** The names of what keeps this process alive beyond the given, after a moment of grace. */
export async function stillOpen(/** @type {readonly string[]} */ known) {
  const until = performance.now() + graceMs;
  for (;;) {
    await turn(); // a timer that has just fired counts as open until the turn ends
    const open = beyond(known, process.getActiveResourcesInfo());
    if (open.length === 0 || performance.now() > until) return open;
    await delay(10);
  }
}

/** What keeps this process alive; a turn of the event loop is nothing to wait for. */
export const resources = () => process.getActiveResourcesInfo().filter((name) => name !== "Immediate");

function snapshot() {
  return {
    resources: resources(),
    listeners: Object.fromEntries(signals.map((name) => [name, process.listenerCount(name)])),
    env: { ...process.env },
    globals: Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((name) => [name, identity(name)])),
  };
}

/** The value of a global that tests may be tempted to fake; for all others only whether it is there. */
function identity(/** @type {string} */ name) {
  return /** @type {readonly string[]} */ (faked).includes(name) ? Reflect.get(globalThis, name) : true;
}

function beyond(/** @type {readonly string[]} */ known, /** @type {readonly string[]} */ now) {
  const left = [...known];
  return now.filter((name) => {
    const at = left.indexOf(name);
    if (at >= 0) left.splice(at, 1);
    return at < 0 && name !== "Immediate";
  });
}

function differing(/** @type {Record<string, unknown>} */ before, /** @type {Record<string, unknown>} */ after) {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]);
}
