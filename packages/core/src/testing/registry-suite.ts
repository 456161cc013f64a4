import { leavingTests } from "./registry-suite/leaving.js";
import { nodeStateTests } from "./registry-suite/node-state.js";
import type { OpenRegistry } from "./registry-suite/opened.js";
import { registeringTests } from "./registry-suite/registering.js";
import { watchingTests } from "./registry-suite/watching.js";

export type { OpenedRegistry, OpenRegistry } from "./registry-suite/opened.js";

/**
 * Declares the tests which every registry passes: all that the comments of `Registry` and `Lease` promise. What only
 * a real outage shows (a lost lease, a watch that is cut) is each adapter's own to test, since each breaks in its own
 * way.
 */
export function registrySuite(name: string, open: OpenRegistry): void {
  registeringTests(name, open);
  watchingTests(name, open);
  leavingTests(name, open);
  nodeStateTests(name, open);
}
