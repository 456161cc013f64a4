import type { SimulatedProcess } from "@rpc/core/testing";
import type { Work } from "./work.js";

/** A call that was made. */
export interface Made {
  readonly work: Work;
  readonly method: "once" | "again";
  readonly way: "call" | "oneway" | "batch";
  readonly process: SimulatedProcess;
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}
