import type { Candidate } from "@rpc/core";
import { type Dice, sides } from "./chance.js";

/**
 * Returns a candidate's share against the others' as a number that can be reckoned with: what is no finite number
 * above 0 counts as 0. One that is new has a smaller share until it is warm.
 */
export function weightOf({ endpoint, warmth }: Candidate): number {
  const { weight } = endpoint;
  return weight > 0 && weight < Number.POSITIVE_INFINITY ? weight * warmth : 0;
}

/**
 * Returns the candidates that may have calls: those of weight 0 are left out while another has some weight. Runs once
 * for each list.
 */
export function weighted(among: readonly Candidate[]): readonly Candidate[] {
  const some = among.filter((candidate) => weightOf(candidate) > 0);
  return some.length > 0 && some.length < among.length ? some : among;
}

/** Lists that are longer are drawn from by an alias table: the steps of a search would miss the processor's cache. */
const searched = 64;

/** Returns the weights of a list, to be looked at for each call; undefined where all are the same. `among` is never empty. */
export function unequalWeights(among: readonly Candidate[]): Float64Array | undefined {
  const weights = Float64Array.from(among, weightOf);
  const first = weights[0]!;
  return weights.every((weight) => weight === first) ? undefined : weights;
}

/**
 * Returns a function that draws a place in the list, each as likely as its weight says, without allocating: one
 * division of a throw where all weigh the same, else a binary search in the running sums, or of a long list a look
 * into a table. `among` is never empty.
 */
export function drawByWeight(among: readonly Candidate[], dice: Dice, weights = unequalWeights(among)): () => number {
  const count = among.length;
  if (weights === undefined) return () => dice() % count;
  if (count > searched) return drawByAlias(weights, dice);
  const total = weights.reduce((sum, weight) => sum + weight);
  let running = 0;
  const sums = Int32Array.from(weights, (weight) => {
    running += weight;
    return Math.round((running / total) * sides);
  });
  sums[count - 1] = sides;
  return () => placeOf(dice(), sums);
}

/** The first place whose running sum is above `at`. */
function placeOf(at: number, sums: Int32Array): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sums[middle]! > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * A column for each place, filled up by one other that has too much for its own. Walker, An Efficient Method for
 * Generating Discrete Random Variables with General Distributions, ACM TOMS 3(3), 1977; the table is made as Vose has it,
 * IEEE TSE 17(9), 1991.
 */
function drawByAlias(weights: Float64Array, dice: Dice): () => number {
  const count = weights.length;
  const mean = weights.reduce((sum, weight) => sum + weight) / count;
  const share = weights.map((weight) => weight / mean);
  const alias = Uint32Array.from({ length: count }, (_, place) => place);
  const small: number[] = [];
  const large: number[] = [];
  for (let place = 0; place < count; place++) (share[place]! < 1 ? small : large).push(place);
  while (small.length > 0 && large.length > 0) {
    const less = small.pop()!;
    const more = large.at(-1)!;
    alias[less] = more;
    share[more]! -= 1 - share[less]!;
    if (share[more]! < 1) small.push(large.pop()!);
  }
  // What is left over is 1, but for what rounding lost.
  for (const place of [...small, ...large]) share[place] = 1;
  const kept = Int32Array.from(share, (part) => Math.round(part * sides));
  return () => {
    const place = dice() % count;
    return dice() < kept[place]! ? place : alias[place]!;
  };
}
