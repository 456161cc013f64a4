export { memoryRegistry } from "./memory-registry.js";
export { type MemoryStore, memoryStore } from "./memory-store.js";
