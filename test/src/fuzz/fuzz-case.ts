import { Chance } from "./chance.js";
import { conversation, type Side } from "./conversation.js";
import { mutated, pieces } from "./mutate.js";

/** What one seed says to the library. Complete: it can be kept and said again when the generator has become another. */
export interface FuzzCase {
  readonly side: Side;
  /** Writes, step by step. */
  readonly steps: readonly (readonly Buffer[])[];
  readonly calls: number;
  /** Of these, those with streams. */
  readonly streams: number;
  /** Whether the server wants a token first. */
  readonly guarded: boolean;
  /** Nothing in it is wrong: everything must go well. */
  readonly legal: boolean;
}

/** Returns the case of a seed. */
export function caseOf(seed: number): FuzzCase {
  const chance = new Chance(seed);
  const legal = chance.is(0.1);
  const whole = conversation(chance);
  const { side, steps, calls, streams, guarded } = legal ? whole : mutated(whole, chance);
  return { side, calls, streams, guarded, legal, steps: steps.map((frames) => pieces(frames, chance, !legal)) };
}

/** As it is kept in the corpus. */
export interface KeptCase {
  readonly side: Side;
  readonly calls: number;
  /** None unless it says so. */
  readonly streams?: number;
  /** No, unless it says so. */
  readonly guarded?: boolean;
  readonly steps: readonly (readonly string[])[];
  /** What it once broke. */
  readonly why: string;
}

export function kept({ side, calls, streams, guarded, steps }: FuzzCase, why: string): KeptCase {
  return {
    side,
    calls,
    streams,
    ...(guarded && { guarded }),
    steps: steps.map((writes) => writes.map((bytes) => bytes.toString("hex"))),
    why,
  };
}

export function fromKept({ side, calls, streams = 0, guarded = false, steps }: KeptCase): FuzzCase {
  return {
    side,
    calls,
    streams,
    guarded,
    legal: false,
    steps: steps.map((writes) => writes.map((digits) => Buffer.from(digits, "hex"))),
  };
}
