/** What a row of chaos measures, and what it must be. */
export interface Figure {
  readonly what: string;
  readonly measured: number;
  readonly unit: "" | "x" | "ms" | "µs" | "%" | "bytes";
  /** Left out where the figure is there to be read beside the others. */
  readonly atMost?: number;
  readonly atLeast?: number;
  /**
   * How many times `atMost` it may be where the machine is busy with other things: what depends on time. Defaults to 1, for
   * what is counted; Infinity: it says nothing there.
   */
  readonly busy?: number;
  /** In words, what else there is to say: the first calls that failed. */
  readonly note?: string;
  /** In words, why it says nothing, whatever it is: the machine was busy with something else. */
  readonly doubt?: string;
}

/** Of a time in which the machine held somebody up for longer, in %, what hangs on time says nothing. */
const mostHeldUp = 5;

/** Returns in words that the machine held somebody up for this share of the time, in %; undefined where that is no matter. */
export function doubtOf(heldUp: number): string | undefined {
  return heldUp <= mostHeldUp ? undefined : `the machine held it up for ${heldUp.toFixed(0)} % of the time`;
}

/** Returns whether a figure is what it must be; undefined where nothing is asked of it. NaN is not. */
export function kept({ measured, atMost, atLeast, busy = 1 }: Figure, machine: "quiet" | "busy"): boolean | undefined {
  if (atMost === undefined && atLeast === undefined) return undefined;
  const factor = machine === "busy" ? busy : 1;
  if (factor === Number.POSITIVE_INFINITY && !Number.isNaN(measured)) return true;
  return (
    (atMost === undefined || measured <= atMost * factor) && (atLeast === undefined || measured >= atLeast / factor)
  );
}
