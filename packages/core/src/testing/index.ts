export { type AtRestOptions, assertAtRest, assertClockAtRest, type Resting } from "./at-rest.js";
export {
  balancerSuite,
  seededRandom,
  type TestCandidate,
  type TestFigures,
  tally,
  testCall,
  testCandidate,
} from "./balancer-suite.js";
export {
  type Cluster,
  type ClusterOptions,
  createCluster,
  type NetworkConditions,
  type SimulatedProcess,
  type SimulatedRegistry,
} from "./cluster/index.js";
export { createManualClock, type ManualClock } from "./manual-clock.js";
export { type OpenedRegistry, type OpenRegistry, readOnlyRegistrySuite, registrySuite } from "./registry-suite.js";
export { type Places, transportSuite } from "./transport-suite.js";
