import type { Random } from "../../contract/clock.js";
import { seededRandom } from "../balancer-suite.js";
import { Digest } from "./trace.js";

/**
 * Returns random numbers of their own for `name`: what one thing draws changes nothing for any other, so that leaving
 * a fault out of a run leaves the rest of it as alike as can be.
 */
export function forkedRandom(seed: number, name: string): Random {
  const digest = new Digest();
  digest.add(`${seed} ${name}`);
  const random = seededRandom(digest.word);
  // Seeds close to each other begin alike.
  for (let discarded = 0; discarded < 8; discarded++) random();
  return random;
}
