import type { Random } from "@rpc/core";
import { seededRandom } from "@rpc/core/testing";

/** Decisions that follow from a seed. */
export class Chance {
  readonly #random: Random;

  constructor(seed: number) {
    // Seeds next to each other begin alike: a few numbers are drawn and forgotten.
    this.#random = seededRandom(Math.imul(seed + 1, 0x9e3779b1));
    for (let drawn = 0; drawn < 8; drawn++) this.#random();
  }

  /** Whether something happens that happens with this share. */
  is(share: number): boolean {
    return this.#random() < share;
  }

  /** A whole number, both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.#random() * (high - low + 1));
  }

  pick<T>(among: readonly T[]): T {
    return among[Math.floor(this.#random() * among.length)]!;
  }

  bytes(count: number): Buffer {
    const bytes = Buffer.alloc(count);
    for (let at = 0; at < count; at++) bytes[at] = this.between(0, 255);
    return bytes;
  }
}
