export { createRegistry } from "./create-registry.js";
export { entryFrom, stateFrom } from "./entry.js";
export { storedState } from "./named-tags.js";
export { createSkipLog, type SkipLog } from "./skip-log.js";
export type { Follower, Holding, RegistryParts, Seen, Store } from "./store.js";
