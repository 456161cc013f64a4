/** Bits that one pass sorts by. */
const passBits = 11;
const buckets = 1 << passBits;
const passes = 3;

/** Places on the circle in ascending order, and whose each is. */
export interface Points {
  readonly places: Uint32Array;
  readonly owners: Uint32Array;
}

/** Returns the points sorted by place: a radix sort from the lowest bits up, linear in their number and stable. The arrays given are used up. */
export function sortedPoints({ places, owners }: Points): Points {
  let from: Points = { places, owners };
  let to: Points = { places: new Uint32Array(places.length), owners: new Uint32Array(places.length) };
  for (let pass = 0; pass < passes; pass++) {
    move(from, to, pass * passBits);
    [from, to] = [to, from];
  }
  return from;
}

function move(from: Points, to: Points, shift: number): void {
  const next = new Uint32Array(buckets + 1);
  const { places, owners } = from;
  for (const place of places) next[((place >>> shift) & (buckets - 1)) + 1]! += 1;
  for (let bucket = 1; bucket < buckets; bucket++) next[bucket]! += next[bucket - 1]!;
  for (let at = 0; at < places.length; at++) {
    const place = places[at]!;
    const bucket = (place >>> shift) & (buckets - 1);
    const target = next[bucket]!++;
    to.places[target] = place;
    to.owners[target] = owners[at]!;
  }
}
