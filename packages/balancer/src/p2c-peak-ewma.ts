import type { Balancer, Candidate, Picker, Random } from "@rpc/core";
import { chance, diceOf, sides } from "./chance.js";
import { routed } from "./route.js";
import { drawByWeight, unequalWeights } from "./weights.js";

/**
 * What a call in flight on a candidate that has not answered yet is taken to cost, in ms: more than any measured
 * latency.
 */
const unmeasuredMs = 1e9;

/**
 * Power of two choices: of two candidates drawn at random, the one whose answer is to be expected sooner, that is the
 * one with the smaller (pending + 1) × latencyMs. The default balancer.
 *
 * A candidate that has not answered yet costs nothing while no call is on its way to it, and more than any other from
 * then on: a newcomer gets one call at once and no second one before it has answered; where nobody has answered yet,
 * the one with the fewest calls pending is taken.
 *
 * Weights: the first is drawn by weight, the second is any other. A cheaper second takes the call over, but one that
 * weighs less only with probability (cost₁ / weight₁) / (cost₂ / weight₂), at most 1. With equal costs the shares of
 * the calls are the weights'; a candidate that becomes slow loses calls whatever it weighs; with equal weights this
 * is plain power of two choices.
 *
 * A candidate that is slower than all others gets no call while the others are idle. `Candidate.latencyMs` therefore
 * has to fall with time when no answer comes, or one slow answer would be remembered for ever.
 *
 * Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, IEEE TPDS 12(10), 2001; the cost and the
 * treatment of newcomers follow Finagle's peak EWMA; the rule of weights is the acceptance rule of Metropolis et al.,
 * J. Chem. Phys. 21, 1953.
 */
export const p2cPeakEwmaWith =
  (random: Random): Balancer =>
  () =>
  (ready) => {
    const dice = diceOf(random);
    const pick: Picker = routed(ready, (among) => {
      const only = among[0]!;
      if (among.length === 1) return () => only;
      const weights = unequalWeights(among);
      const draw = drawByWeight(among, dice, weights);
      const others = among.length - 1;
      return () => {
        const first = draw();
        const drawn = dice() % others;
        const second = drawn < first ? drawn : drawn + 1;
        const takesOver =
          cheaper(among[second]!, among[first]!) &&
          (weights === undefined || weighsEnough(weights, second, first, dice()));
        return among[takesOver ? second : first]!;
      };
    });
    return Object.assign(pick, { scoreOf: costOf });
  };

/** `p2cPeakEwmaWith` with chance of its own. */
export const p2cPeakEwma: Balancer = p2cPeakEwmaWith(chance);

/**
 * What the two that were compared last cost. Fractions stay here and within functions that no list makes anew: what
 * passes them on, or has not run often enough to be compiled, makes an object of each.
 */
const costs = new Float64Array(2);

function cheaper(one: Candidate, other: Candidate): boolean {
  reckon(one, 0);
  reckon(other, 1);
  return costs[0]! < costs[1]!;
}

/** Whether the first of the two that were compared last takes a call over though it may weigh less. */
function weighsEnough(weights: Float64Array, one: number, other: number, thrown: number): boolean {
  if (weights[one]! >= weights[other]!) return true;
  return thrown * costs[0]! * weights[other]! < sides * costs[1]! * weights[one]!;
}

function reckon({ pending, latencyMs }: Candidate, at: 0 | 1): void {
  if (latencyMs > 0) costs[at] = (pending + 1) * latencyMs;
  else costs[at] = pending === 0 ? 0 : (pending + 1) * unmeasuredMs;
}

function costOf(candidate: Candidate): number {
  reckon(candidate, 0);
  return costs[0]!;
}
