/** What a newcomer begins with. */
const firstShare = 0.1;
/** Its share rises in steps of this: each is a new picker. */
const steps = 10;

/** Returns the share of its weight that an endpoint should have that has been ready for so long, in ms. */
export function warmthAfter(readyMs: number, warmUpMs: number): number {
  if (readyMs >= warmUpMs) return 1;
  return Math.max(firstShare, Math.floor((readyMs / warmUpMs) * steps) / steps);
}
