import { leavingTests } from "./registry-suite/leaving.js";
import { nodeStateTests, noNodeStateTests } from "./registry-suite/node-state.js";
import type { OpenRegistry, RegistryAbilities } from "./registry-suite/opened.js";
import { type OpenedReader, readingTests } from "./registry-suite/reading.js";
import { registeringTests } from "./registry-suite/registering.js";
import { watchingTests } from "./registry-suite/watching.js";

export type { OpenedRegistry, OpenRegistry, RegistryAbilities } from "./registry-suite/opened.js";

/**
 * Declares the tests which every registry passes: all that the comments of `Registry` and `Lease` promise. What only
 * a real outage shows (a lost lease, a watch that is cut) is each adapter's own to test, since each breaks in its own
 * way. `can` says what a registry cannot do at all: there it is asked to say so.
 */
export function registrySuite(name: string, open: OpenRegistry, can: RegistryAbilities = {}): void {
  registeringTests(name, open);
  watchingTests(name, open, can);
  leavingTests(name, open);
  if (can.states ?? true) nodeStateTests(name, open);
  else noNodeStateTests(name, open);
}

/**
 * Declares the tests which every registry passes that is only read: DNS, a static list. What others write there is listed and
 * watched as anywhere; registering does no harm, and changing a state is refused.
 */
export function readOnlyRegistrySuite(name: string, open: () => Promise<OpenedReader>): void {
  readingTests(name, open);
}
