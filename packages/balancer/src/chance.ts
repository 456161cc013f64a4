import type { Random } from "@rpc/core";

/** What a throw is below: numbers up to here are kept without an object, which fractions are not. */
export const sides = 2 ** 30;

/** Returns a whole number from 0 up to, not including, `sides`, each as likely as any other. */
export type Dice = () => number;

const state = Int32Array.from({ length: 4 }, () => Math.random() * 2 ** 32);
state[3] = 1;

/** The generator is sfc32 of Chris Doty-Humphrey's PractRand, seeded once for the process. */
const dice: Dice = () => {
  const a = state[0]!;
  const b = state[1]!;
  const c = state[2]!;
  const count = state[3]!;
  const sum = (a + b + count) | 0;
  state[0] = b ^ (b >>> 9);
  state[1] = (c + (c << 3)) | 0;
  state[2] = (((c << 21) | (c >>> 11)) + sum) | 0;
  state[3] = (count + 1) | 0;
  return sum >>> 2;
};

// The first few numbers still show what it was seeded with.
for (let turn = 0; turn < 12; turn++) dice();

/** Returns a number from 0 up to, not including, 1, as `Math.random` does. */
export const chance: Random = () => dice() / sides;

/** Returns dice that throw what `random` says: the process's own, which leave nothing to be collected, for `chance`. */
export function diceOf(random: Random): Dice {
  return random === chance ? dice : () => Math.floor(random() * sides);
}
