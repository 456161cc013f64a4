export { memoryRegistry } from "./memory-registry.js";
export { type MemoryStore, memoryStore } from "./memory-store.js";
export { type StaticNode, type StaticRegistry, staticRegistry } from "./static-registry.js";
