import type { Balancer, Candidate, Picker, Random } from "@rpc/core";
import { chance } from "./chance.js";
import { routed } from "./route.js";
import { drawByWeight, weightOf } from "./weights.js";

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
    const pick: Picker = routed(ready, (among) => {
      const only = among[0]!;
      if (among.length === 1) return () => only;
      const draw = drawByWeight(among, random);
      const others = among.length - 1;
      return () => {
        const first = draw();
        const second = Math.floor(random() * others);
        return better(among[first]!, among[second < first ? second : second + 1]!, random);
      };
    });
    return Object.assign(pick, { scoreOf: costOf });
  };

/** `p2cPeakEwmaWith` with chance of its own. */
export const p2cPeakEwma: Balancer = p2cPeakEwmaWith(chance);

function better(first: Candidate, second: Candidate, random: Random): Candidate {
  const firstCost = costOf(first);
  const secondCost = costOf(second);
  if (secondCost >= firstCost) return first;
  const firstWeight = weightOf(first);
  const secondWeight = weightOf(second);
  if (secondWeight >= firstWeight) return second;
  return random() * secondCost * firstWeight < firstCost * secondWeight ? second : first;
}

function costOf({ pending, latencyMs }: Candidate): number {
  if (latencyMs > 0) return (pending + 1) * latencyMs;
  return pending === 0 ? 0 : (pending + 1) * unmeasuredMs;
}
