import type { Random } from "@rpc/core";

const state = Uint32Array.from({ length: 4 }, () => (Math.random() * 2 ** 32) >>> 0);
state[3] = 1;

/**
 * Returns a number from 0 up to, not including, 1, as `Math.random` does, which puts each on the heap. The generator is
 * sfc32 of Chris Doty-Humphrey's PractRand, seeded once for the process.
 */
export const chance: Random = () => {
  const a = state[0]!;
  const b = state[1]!;
  const c = state[2]!;
  const count = state[3]!;
  const sum = (a + b + count) | 0;
  state[0] = b ^ (b >>> 9);
  state[1] = c + (c << 3);
  state[2] = ((c << 21) | (c >>> 11)) + sum;
  state[3] = count + 1;
  return (sum >>> 0) / 2 ** 32;
};

// The first few numbers still show what it was seeded with.
for (let turn = 0; turn < 12; turn++) chance();
