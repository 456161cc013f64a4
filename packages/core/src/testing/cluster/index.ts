export { type Cluster, type ClusterOptions, createCluster } from "./cluster.js";
export type { NetworkConditions } from "./conditions.js";
export type { SimulatedProcess } from "./process.js";
export type { SimulatedRegistry } from "./registry.js";
