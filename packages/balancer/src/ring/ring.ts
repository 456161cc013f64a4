import { firstBasis, fnv1a, placeOf, secondBasis } from "./hash.js";
import { type Points, sortedPoints } from "./sorted-points.js";

/** Points of a member of usual weight. Weights are kept to one part in so many. */
const pointsEach = 16;
/** A member that weighs more than so many usual ones counts as that. */
const mostPoints = 64 * pointsEach;
/** Places that a key tries. With so many no point has more than 21/20 of its share of the keys. */
const probes = 21;

/**
 * A ring of members for consistent hashing. A key tries 21 places and belongs to the point that follows one of them most
 * closely: that evens out the gaps between points, which on a plain ring make one member's share twice another's.
 * A member that leaves gives away its own keys and moves no others; a new one takes from all alike.
 *
 * Appleton and O'Reilly, Multi-probe consistent hashing, arXiv:1505.00062, 2015: with k places tried, the largest share
 * is k/(k − 1) of the mean however many members there are.
 */
export class Ring {
  readonly #points: Points;
  /** For each of so many equal arcs, a power of two, the first point that is not before its beginning. */
  readonly #starts: Uint32Array;
  readonly #shift: number;

  /** `weights` are above 0. Members are told apart by their names; of several with one name each has points of its own. */
  constructor(names: readonly string[], weights: readonly number[]) {
    const usual = usualOf(weights);
    const counts = weights.map((weight) =>
      Math.min(mostPoints, Math.max(1, Math.round((pointsEach * weight) / usual))),
    );
    this.#points = pointsOf(names, counts);
    const { places } = this.#points;
    const bits = Math.min(31, Math.max(1, Math.floor(Math.log2(places.length))));
    this.#shift = 32 - bits;
    this.#starts = startsOf(places, bits);
  }

  /** How many points there are. */
  get size(): number {
    return this.#points.places.length;
  }

  /** Returns the point that a key belongs to, from 0. */
  find(key: string): number {
    const first = fnv1a(key, firstBasis);
    const second = fnv1a(key, secondBasis);
    const { places } = this.#points;
    let nearest = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let probe = 0; probe < probes; probe++) {
      const place = placeOf(first, second, probe);
      const point = this.#after(place);
      const distance = (places[point]! - place) >>> 0;
      if (distance >= least) continue;
      least = distance;
      nearest = point;
    }
    return nearest;
  }

  /** Returns whose a point is: a place in the list of members. */
  ownerOf(point: number): number {
    return this.#points.owners[point]!;
  }

  /** The first point at a place or after it, around the circle. Arcs are so short that a binary search would cost more. */
  #after(place: number): number {
    const { places } = this.#points;
    let point = this.#starts[place >>> this.#shift]!;
    while (point < places.length && places[point]! < place >>> 0) point++;
    return point === places.length ? 0 : point;
  }
}

/** The power of two nearest to the mean: it stays what it is while members come and go, and so do the others' points. */
function usualOf(weights: readonly number[]): number {
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return 2 ** Math.round(Math.log2(mean));
}

function pointsOf(names: readonly string[], counts: readonly number[]): Points {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const places = new Uint32Array(total);
  const owners = new Uint32Array(total);
  const seen = new Map<string, number>();
  let at = 0;
  for (const [member, name] of names.entries()) {
    const first = fnv1a(name, firstBasis);
    const second = fnv1a(name, secondBasis);
    const before = seen.get(name) ?? 0;
    for (let n = 0; n < counts[member]!; n++) {
      places[at] = placeOf(first, second, before + n);
      owners[at++] = member;
    }
    seen.set(name, before + counts[member]!);
  }
  return sortedPoints({ places, owners });
}

function startsOf(places: Uint32Array, bits: number): Uint32Array {
  const starts = new Uint32Array(2 ** bits);
  const shift = 32 - bits;
  let point = places.length;
  for (let arc = starts.length - 1; arc >= 0; arc--) {
    while (point > 0 && places[point - 1]! >>> shift >= arc) point--;
    starts[arc] = point;
  }
  return starts;
}
