import type { Started } from "../processes/guard.js";
import { openPair } from "../processes/open-pair.js";
import type { Side } from "../processes/requests.js";
import { type Estimate, estimateSlope } from "../statistics/median.js";
import type { Random } from "../statistics/random.js";

/** Bytes that one side still holds for each call that is over; or why it could not be told. */
export type Retained = { readonly subject: string; readonly side: Side } & (
  | { readonly bytesPerCall: Estimate; readonly calls: number }
  | { readonly error: string }
);

export interface RetainedOptions {
  readonly against: string | undefined;
  /** Calls before the first look. The engine goes on compiling for a million calls, and that too is on the heap. */
  readonly warmUpCalls: number;
  /** Calls between two looks. */
  readonly stepCalls: number;
  readonly steps: number;
  readonly random: Random;
  readonly onChild: (child: Started) => void;
}

const sides: readonly Side[] = ["client", "server"];

/**
 * Measures what a subject's processes retain of finished calls: what is alive after garbage was collected, heap and
 * buffers, looked at after each step of calls. The figure is the slope of bytes over calls.
 */
export async function measureRetained(subject: string, options: RetainedOptions): Promise<Retained[]> {
  const { against, warmUpCalls, stepCalls, steps, random, onChild } = options;
  try {
    const pair = await openPair({ subject, against, onChild });
    try {
      const common = { workload: "echo", inFlight: 64 } as const;
      const heaps: Record<Side, number[]> = { client: [], server: [] };
      // Looking costs some kilobytes too, most of them the first times.
      for (const side of sides) for (let look = 0; look < 3; look++) await pair[side].ask("memory", {});
      for (let step = 0; step <= steps; step++) {
        await pair.client.ask("count", { ...common, count: step === 0 ? warmUpCalls : stepCalls }, 60_000);
        for (const side of sides) heaps[side].push((await pair[side].ask("memory", {})).heldBytes);
      }
      return sides.map((side) => {
        const looks = heaps[side].map((bytes, step) => ({ x: step * stepCalls, y: bytes }));
        return { subject, side, bytesPerCall: estimateSlope(looks, random), calls: stepCalls * steps };
      });
    } finally {
      await pair.kill();
    }
  } catch (cause) {
    const error = cause instanceof Error ? cause.message : String(cause);
    return sides.map((side) => ({ subject, side, error }));
  }
}
