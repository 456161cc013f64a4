import {
  consistentHash,
  filtered,
  leastPending,
  nearest,
  nearestOnGlobe,
  orElse,
  own,
  p2cPeakEwma,
  random,
  roundRobin,
  smoothWeightedRoundRobin,
  sticky,
  zoneFirst,
} from "@rpc/balancer";
import type { Balancer } from "@rpc/core";

export const balancers: Readonly<Record<string, Balancer>> = {
  usual: p2cPeakEwma,
  byChance: random,
  inTurn: roundRobin,
  inTurnByWeight: smoothWeightedRoundRobin,
  leastBusy: leastPending,
  byKey: consistentHash({ keyOf: (call) => call.metadata["user"] }),
  inMyZone: zoneFirst("eu", leastPending),
  nearestByLatency: nearest(p2cPeakEwma),
  nearestByPlace: nearestOnGlobe({ latitude: 52.5, longitude: 13.4 }, p2cPeakEwma),
  oneForEachClient: sticky(p2cPeakEwma),
  version2: filtered({ version: "2" }, p2cPeakEwma),
  canaryWhileThereIsOne: orElse(filtered({ group: "canary" }, p2cPeakEwma), p2cPeakEwma),
  myZonesVersion2: zoneFirst("eu", filtered({ version: ["2", "2.1"] }, leastPending)),
  mine: own((among, call) => among[call.method.name.length % among.length]!),
};
