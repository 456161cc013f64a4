import type { Balancer, Candidate, Picker, Random } from "@rpc/core";
import { chance, diceOf } from "./chance.js";
import { type Prepare, routed } from "./route.js";
import { drawByWeight, unequalWeights, weightOf } from "./weights.js";

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
  const dice = diceOf(random);
  const prepare: Prepare = (among) => {
    const { length } = among;
    const weights = unequalWeights(among);
    const draw = drawByWeight(among, dice, weights);
    // Where all weigh the same, calls are counted, and nothing is divided.
    const divisors = weights?.map((weight) => weight || 1);
    if (length <= shortList) {
      return () => {
        const first = draw();
        let least = first;
        for (let step = 1; step < length && among[least]!.pending > 0; step++) {
          const at = first + step;
          const other = at < length ? at : at - length;
          if (less(among, divisors, other, least)) least = other;
        }
        return among[least]!;
      };
    }
    return () => {
      let least = draw();
      for (let step = 1; step < draws; step++) {
        const other = draw();
        if (less(among, divisors, other, least)) least = other;
      }
      return among[least]!;
    };
  };
  return () => (ready) => Object.assign(routed(ready, prepare) satisfies Picker, { scoreOf: costOf });
};

/** `leastPendingWith` with chance of its own. */
export const leastPending: Balancer = leastPendingWith(chance);

/** Not made anew for each list: what has not run often enough to be compiled makes an object of each fraction. */
function less(among: readonly Candidate[], divisors: Float64Array | undefined, one: number, other: number): boolean {
  const [here, there] = [among[one]!.pending, among[other]!.pending];
  return divisors === undefined ? here < there : here / divisors[one]! < there / divisors[other]!;
}

function costOf(candidate: Candidate): number {
  return candidate.pending / (weightOf(candidate) || 1);
}
