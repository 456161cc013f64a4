import type { FailMode } from "./fail-mode.js";

/** What was known of an endpoint when a call was given to one. */
export interface ExplainedCandidate {
  readonly id: string;
  readonly address: string;
  /**
   * "ready": it may be chosen. "excluded": the call's route leaves it out, as after an attempt that failed there. "suspect":
   * it owes answers and is silent. "ejected": it failed too many calls. "unreachable": the last attempt to connect failed.
   * "connecting": none has ended yet.
   */
  readonly state: "ready" | "excluded" | "suspect" | "ejected" | "unreachable" | "connecting";
  readonly pending: number;
  readonly latencyMs: number;
  readonly load: number;
  readonly distanceMs: number;
  /** What it weighs, less while it is new. */
  readonly weight: number;
  /** What it costs by the balancer's reckoning, less is better; undefined where that has none. */
  readonly score: number | undefined;
}

export interface ExplainedAttempt {
  /** From 1. */
  readonly number: number;
  /** Where it went; undefined where it met no endpoint. */
  readonly endpoint: string | undefined;
  /** "ok", or the error's reason. */
  readonly outcome: string;
  /** When it began, in ms since the call was made. */
  readonly afterMs: number;
  readonly tookMs: number;
  /** Who there was to choose from. */
  readonly candidates: readonly ExplainedCandidate[];
}

/** How a call went, as `explain` of `withOptions` is told when it has settled. */
export interface Explanation {
  readonly path: string;
  /** "ok", or the error's reason. */
  readonly outcome: string;
  readonly tookMs: number;
  readonly failMode: FailMode;
  readonly attempts: readonly ExplainedAttempt[];
  /** Retries that the client's budget would still have paid for; undefined where it has none, or no attempt was made. */
  readonly budgetLeft: number | undefined;
}
