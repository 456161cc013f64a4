import type { Clock } from "@rpc/core";
import { pause } from "../pause.js";
import type { Ending, Load } from "./load.js";
import { Tally } from "./tally.js";

const progressMs = 100;

/** How far a run is. */
export interface Progress {
  readonly phase: "warm-up" | "measuring" | "finishing";
  /** Of the phase, in ms. */
  readonly elapsedMs: number;
  readonly forMs: number;
  readonly tally: Tally;
}

/** What a run came to. */
export interface Measured {
  readonly tally: Tally;
  /** The measured span, in ms: shorter than it was meant to be where it was interrupted. */
  readonly measuredMs: number;
  readonly interrupted: boolean;
  /** Calls without an outcome when nothing was waited for any more. */
  readonly unfinished: number;
  readonly ending: Ending;
}

export interface RunOptions {
  readonly clock: Clock;
  readonly warmUpMs: number;
  readonly forMs: number;
  /** How long calls that were begun in time may take beyond it. */
  readonly graceMs: number;
  /** Ends the run; what was measured so far is returned. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** Puts a load on, first to warm up, then to be measured. */
export async function runLoad(load: Load, options: RunOptions): Promise<Measured> {
  const { clock, warmUpMs, forMs, graceMs, signal, onProgress } = options;
  let tally = new Tally();
  const during = async (phase: Progress["phase"], ms: number, until?: Promise<void>): Promise<void> => {
    const startedAt = clock.now();
    const elapsed = (): number => Math.min(ms, clock.now() - startedAt);
    const tick = (): void => {
      onProgress({ phase, elapsedMs: elapsed(), forMs: ms, tally });
      timer = clock.setTimer(tick, progressMs);
    };
    let timer = clock.setTimer(tick, progressMs);
    await pause(ms, clock, signal, until);
    timer.cancel();
  };

  if (warmUpMs > 0) {
    load.start();
    await during("warm-up", warmUpMs);
  }
  tally = new Tally();
  load.measure(tally);
  const startedAt = clock.now();
  if (warmUpMs === 0) load.start();
  if (!signal.aborted) await during("measuring", forMs);
  const measuredMs = clock.now() - startedAt;
  const interrupted = signal.aborted;
  const ending = load.stop();
  if (!interrupted) await during("finishing", graceMs, ending.settled);
  return { tally, measuredMs, interrupted: interrupted || signal.aborted, unfinished: ending.pending(), ending };
}
