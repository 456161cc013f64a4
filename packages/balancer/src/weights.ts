import type { Candidate, Random } from "@rpc/core";

/**
 * Returns a candidate's share against the others' as a number that can be reckoned with: what is no finite number
 * above 0 counts as 0.
 */
export function weightOf({ endpoint }: Candidate): number {
  return endpoint.weight > 0 && endpoint.weight < Number.POSITIVE_INFINITY ? endpoint.weight : 0;
}

/**
 * Returns the candidates that may have calls: those of weight 0 are left out while another has some weight. Runs once
 * for each list.
 */
export function weighted(among: readonly Candidate[]): readonly Candidate[] {
  const some = among.filter((candidate) => weightOf(candidate) > 0);
  return some.length > 0 && some.length < among.length ? some : among;
}

/**
 * Returns a function that draws a place in the list, each as likely as its weight says, without allocating: one
 * division of the range where all weigh the same, else a binary search in the running sums. `among` is never empty.
 */
export function drawByWeight(among: readonly Candidate[], random: Random): () => number {
  const count = among.length;
  const first = weightOf(among[0]!);
  if (among.every((candidate) => weightOf(candidate) === first)) return () => Math.floor(random() * count);
  const sums = new Float64Array(count);
  let total = 0;
  for (let i = 0; i < count; i++) sums[i] = total += weightOf(among[i]!);
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
