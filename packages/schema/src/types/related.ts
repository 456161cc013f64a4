import type { Alternative } from "./alternatives.js";

/** Pairs that are looked at before types count as too large: a peer's contract is not to be trusted. */
const mostPairs = 200_000;
/** Types within types: what is deeper would overflow the stack. */
const deepest = 300;

/**
 * Returns a relation of alternatives which holds where `holds` says so of their parts, for which it asks the relation in
 * turn. Types that refer to themselves are related unless something shows that they are not: a pair that is being looked at
 * is taken to be, and what followed from that is forgotten where it is not. Throws where the types are too large.
 * Amadio, Cardelli: Subtyping Recursive Types, TOPLAS 15(4), 1993.
 */
export function related(
  holds: (one: Alternative, other: Alternative) => boolean,
): (one: Alternative, other: Alternative) => boolean {
  const taken = new Pairs();
  const refuted = new Pairs();
  const trail: (readonly [Alternative, Alternative])[] = [];
  let left = mostPairs;
  let depth = 0;
  return (one, other) => {
    if (taken.has(one, other)) return true;
    if (refuted.has(one, other)) return false;
    if (left-- === 0 || depth === deepest) throw new Error("the types are too large to be compared");
    const mark = trail.length;
    taken.add(one, other);
    trail.push([one, other]);
    depth++;
    const related = holds(one, other);
    depth--;
    if (related) return true;
    for (const [a, b] of trail.splice(mark)) taken.delete(a, b);
    refuted.add(one, other);
    return false;
  };
}

class Pairs {
  readonly #targets = new Map<Alternative, Set<Alternative>>();

  has(source: Alternative, target: Alternative): boolean {
    return this.#targets.get(source)?.has(target) === true;
  }

  add(source: Alternative, target: Alternative): void {
    const targets = this.#targets.get(source);
    if (targets === undefined) this.#targets.set(source, new Set([target]));
    else targets.add(target);
  }

  delete(source: Alternative, target: Alternative): void {
    this.#targets.get(source)?.delete(target);
  }
}
