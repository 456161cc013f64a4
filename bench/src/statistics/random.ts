/** Returns a number from 0 up to, not including, 1. */
export type Random = () => number;

/**
 * Returns a generator that yields the same numbers for the same seed, so that a run's order can be repeated.
 * Mulberry32, Tommy Ettinger, 2017 (public domain): 32 bits of state, good enough to shuffle and to resample.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns the items in an order drawn at random, each order as likely as any other (Durstenfeld, CACM 7(7), 1964). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
