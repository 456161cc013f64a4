/** So many are kept where some have to go: looking through all of them is worth it for many at once. */
const keptShare = 0.9;

/** Buckets that fill at one rate, one for each key, and never more of them than were allowed. */
export interface TokenBuckets {
  /** Takes a token of this key's bucket. Returns 0, or after how many ms there is one where it is empty. */
  take(key: string, now: number): number;
  readonly size: number;
}

/**
 * Returns token buckets as the generic cell rate algorithm has them (ITU-T I.371, annex A): of each there is one number, when it
 * will be full again. Full ones are forgotten; where there are none, a tenth is, those that were made first, so that who comes with ever new
 * names cannot fill the memory.
 */
export function createTokenBuckets(perSecond: number, burst: number, maxKeys: number): TokenBuckets {
  const spacingMs = 1_000 / perSecond;
  const fullAt = new Map<string, number>();
  const forget = (now: number): void => {
    for (const [key, at] of fullAt) if (at <= now) fullAt.delete(key);
    for (const key of fullAt.keys()) {
      if (fullAt.size < maxKeys * keptShare) return;
      fullAt.delete(key);
    }
  };
  return {
    get size() {
      return fullAt.size;
    },
    take(key, now) {
      const known = fullAt.get(key);
      const from = known === undefined || known < now ? now : known;
      const waitMs = from + spacingMs - now - burst * spacingMs;
      // What is left of adding up fractions is no reason to reject.
      if (waitMs > 1e-6) return waitMs;
      if (known === undefined && fullAt.size >= maxKeys) forget(now);
      fullAt.set(key, from + spacingMs);
      return 0;
    },
  };
}
