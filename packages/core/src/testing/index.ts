export { balancerSuite, seededRandom, type TestCandidate, tally, testCall, testCandidate } from "./balancer-suite.js";
export { createManualClock, type ManualClock } from "./manual-clock.js";
export { type OpenedRegistry, type OpenRegistry, registrySuite } from "./registry-suite.js";
