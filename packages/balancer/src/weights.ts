import type { Candidate, Random } from "@rpc/core";

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

/**
 * Returns a function that draws a place in the list, each as likely as its weight says, without allocating: one
 * division of the range where all weigh the same, else a binary search in the running sums, or of a long list a look
 * into a table. `among` is never empty.
 */
export function drawByWeight(among: readonly Candidate[], random: Random): () => number {
  const count = among.length;
  const weights = Float64Array.from(among, weightOf);
  const first = weights[0]!;
  if (weights.every((weight) => weight === first)) return () => Math.floor(random() * count);
  if (count > searched) return drawByAlias(weights, random);
  let total = 0;
  const sums = weights.map((weight) => {
    total += weight;
    return total;
  });
  return () => placeOf(random() * total, sums);
}

/** The first place whose running sum is above `at`. */
function placeOf(at: number, sums: Float64Array): number {
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
function drawByAlias(weights: Float64Array, random: Random): () => number {
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
  return () => {
    const at = random() * count;
    const place = Math.floor(at);
    return at - place < share[place]! ? place : alias[place]!;
  };
}
