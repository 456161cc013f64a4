export { p2cPeakEwma, p2cPeakEwmaWith } from "./p2c-peak-ewma.js";
export { random, randomWith } from "./random.js";
export { roundRobin, roundRobinWith } from "./round-robin.js";
export { type Draw, type Prepare, routed } from "./route.js";
