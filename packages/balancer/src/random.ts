import type { Balancer, Random } from "@rpc/core";
import { chance, diceOf } from "./chance.js";
import { routed } from "./route.js";
import { drawByWeight } from "./weights.js";

/** Any candidate, each as likely as its weight says; one of weight 0 is never drawn while another has some weight. */
export const randomWith =
  (random: Random): Balancer =>
  () =>
  (ready) =>
    routed(ready, (among) => {
      const draw = drawByWeight(among, diceOf(random));
      return () => among[draw()]!;
    });

/** `randomWith` with chance of its own. */
export const random: Balancer = randomWith(chance);
