import type { Balancer, Candidate, Picker, Random } from "@rpc/core";
import { chance } from "./chance.js";
import { type Prepare, routed } from "./route.js";
import { drawByWeight, weightOf } from "./weights.js";

/** Up to so many candidates all are looked at for a call; of more, so many are drawn. */
const shortList = 32;
const draws = 8;

/**
 * The candidate with the fewest calls pending for its weight: of up to 32 the least of all, of more the least of eight
 * that are drawn by weight. Where several are equal, as when all are idle, each is as likely as its weight says.
 *
 * That a few draws are nearly as good as a look at all: Mitzenmacher, The Power of Two Choices in Randomized Load
 * Balancing, IEEE TPDS 12(10), 2001.
 */
export const leastPendingWith = (random: Random): Balancer => {
  const prepare: Prepare = (among) => {
    const draw = drawByWeight(among, random);
    const { length } = among;
    if (length <= shortList) {
      return () => {
        const first = draw();
        let least = among[first]!;
        let leastCost = costOf(least);
        for (let step = 1; step < length && leastCost > 0; step++) {
          const at = first + step;
          const other = among[at < length ? at : at - length]!;
          const cost = costOf(other);
          if (cost >= leastCost) continue;
          least = other;
          leastCost = cost;
        }
        return least;
      };
    }
    return () => {
      let least = among[draw()]!;
      for (let step = 1; step < draws; step++) {
        const other = among[draw()]!;
        if (costOf(other) < costOf(least)) least = other;
      }
      return least;
    };
  };
  return () => (ready) => Object.assign(routed(ready, prepare) satisfies Picker, { scoreOf: costOf });
};

/** `leastPendingWith` with chance of its own. */
export const leastPending: Balancer = leastPendingWith(chance);

function costOf(candidate: Candidate): number {
  return candidate.pending / (weightOf(candidate) || 1);
}
