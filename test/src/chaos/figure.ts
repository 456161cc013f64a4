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
}

/** Returns whether a figure is what it must be; undefined where nothing is asked of it. NaN is not. */
export function kept({ measured, atMost, atLeast, busy = 1 }: Figure, machine: "quiet" | "busy"): boolean | undefined {
  if (atMost === undefined && atLeast === undefined) return undefined;
  const factor = machine === "busy" ? busy : 1;
  return (
    (atMost === undefined || measured <= atMost * factor) && (atLeast === undefined || measured >= atLeast / factor)
  );
}
