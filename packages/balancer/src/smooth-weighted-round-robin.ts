import type { Balancer, Random } from "@rpc/core";
import { chance, diceOf } from "./chance.js";
import { routed } from "./route.js";
import { TurnQueue } from "./turn-queue.js";
import { drawByWeight, weightOf } from "./weights.js";

/**
 * Each candidate as often as its weight says, its turns spread evenly: of weights 5, 1 and 1 not five turns of the first
 * in a row, but a a b a c a a. At any time each has had what is due to it, to within one turn for each other. Weights
 * may be fractions. A new list goes on where the last one stood; a call with a route takes no turn, and goes to any of
 * those that its route leaves, by weight.
 *
 * The turns are those of stride scheduling: the next turn goes to who has had the least for its weight. Waldspurger and
 * Weihl, Stride Scheduling: Deterministic Proportional-Share Resource Management, MIT/LCS/TM-528, 1995. A turn costs
 * the logarithm of the list's length.
 */
export const smoothWeightedRoundRobinWith =
  (random: Random): Balancer =>
  () => {
    let before: TurnQueue | undefined;
    return (ready) =>
      routed(
        ready,
        (among) => {
          const turns = new TurnQueue(
            among.map(({ endpoint }) => endpoint.id),
            among.map((candidate) => weightOf(candidate) || 1),
            random,
            before,
          );
          before = turns;
          return () => among[turns.next()]!;
        },
        (rest) => {
          const draw = drawByWeight(rest, diceOf(random));
          return () => rest[draw()]!;
        },
      );
  };

/** `smoothWeightedRoundRobinWith` with chance of its own. */
export const smoothWeightedRoundRobin: Balancer = smoothWeightedRoundRobinWith(chance);
