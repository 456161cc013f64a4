import type { Balancer, Random } from "@rpc/core";
import { chance, diceOf, sides } from "./chance.js";
import { routed } from "./route.js";

/** Where the count of turns starts again: the largest that engines keep without allocating. */
const turns = 2 ** 30 - 1;

/**
 * Each candidate in turn, in the order of the list. A channel starts at a place of its own, so that a thousand
 * clients that start together do not all begin with the same endpoint, and does not start again when a new list
 * comes. Of weights it only heeds 0: such a candidate has no turn while another has some weight. One that is new passes
 * some of its turns on to the next, until it is warm. A call with a route takes no turn: it goes to any of those its
 * route leaves.
 */
export const roundRobinWith =
  (random: Random): Balancer =>
  () => {
    const start = random();
    const dice = diceOf(random);
    let turn = -1;
    return (ready) =>
      routed(
        ready,
        (among) => {
          const next = (): number => {
            turn = turn < 0 ? Math.floor(start * among.length) : turn === turns ? 0 : turn + 1;
            return turn % among.length;
          };
          if (among.every(({ warmth }) => warmth === among[0]!.warmth)) return () => among[next()]!;
          const takes = among.map(({ warmth }) => Math.round(warmth * sides));
          return () => {
            const at = next();
            return dice() < takes[at]! ? among[at]! : among[next()]!;
          };
        },
        (rest) => () => rest[dice() % rest.length]!,
      );
  };

/** `roundRobinWith` with chance of its own. */
export const roundRobin: Balancer = roundRobinWith(chance);
