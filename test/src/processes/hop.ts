import type { Priority } from "@rpc/core";

/** What each process of a chain serves. */
export interface Hop {
  hop(round: number): Promise<null>;
}

/** What a handler saw of its call, in ms by its own process's clock, from its start. */
export interface Seen {
  /** Left of the deadline when it began. */
  readonly leftMs: number;
  readonly priority: Priority;
  /** What it spent before it called on. */
  spentMs: number;
  /** When its signal aborted; −1 before. */
  abortedMs: number;
  code: string;
  /** When its handler was over, by what it had called; −1 before. */
  endedMs: number;
  /** How long this process's event loop was held up meanwhile, at most. */
  lagMs: number;
}

export interface HopQuestions {
  listen: { readonly ask: { readonly to?: string; readonly spendMs: number }; readonly answer: string };
  /** Connects to the next one. */
  warm: { readonly ask: object; readonly answer: null };
  call: {
    readonly ask: {
      readonly to: string;
      readonly round: number;
      readonly timeoutMs: number;
      readonly priority: Priority;
    };
    readonly answer: { readonly code: string; readonly tookMs: number; readonly lagMs: number };
  };
  /** Aborts the signal of the call that is under way. */
  cancel: { readonly ask: object; readonly answer: null };
  seen: { readonly ask: { readonly round: number }; readonly answer: Seen | null };
}

const everyMs = 2;

/** Measures by how much timers are late at most, in ms, until what it returns is called. */
export function watchLag(): () => number {
  let lagMs = 0;
  let at = performance.now();
  const look = (): void => {
    const now = performance.now();
    lagMs = Math.max(lagMs, now - at - everyMs);
    at = now;
  };
  const timer = setInterval(look, everyMs);
  return () => {
    clearInterval(timer);
    look();
    return lagMs;
  };
}
