import type { Processed } from "./errors.js";

/** From the best to the worst. */
export const certainties: readonly Processed[] = ["no", "maybe", "yes"];

/** Returns the worse of two: an attempt that certainly never ran does not make up for an earlier one that may have. */
export function worse(a: Processed, b: Processed): Processed {
  return certainties.indexOf(a) > certainties.indexOf(b) ? a : b;
}
