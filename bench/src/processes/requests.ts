import type { DriveOptions, Slice } from "../workloads/drive.js";
import type { OpenLoopOptions, OpenLoopSlice } from "../workloads/open-loop.js";
import type { WorkloadName } from "../workloads/workloads.js";
import type { Memory } from "./settled-memory.js";

/** Which part of a subject a process plays. */
export type Side = "server" | "client";

/** What the run asks of a subject's process, with what it answers. */
export interface Requests {
  /** Client: connects. Server: listens, and answers with its address. */
  open: { readonly ask: { readonly address: string }; readonly answer: string };
  /** Client: makes one call and compares the whole answer. */
  verify: { readonly ask: { readonly workload: WorkloadName }; readonly answer: null };
  /** Client: keeps calls in flight for a while. */
  drive: { readonly ask: DriveOptions & { readonly workload: WorkloadName }; readonly answer: Slice };
  /** Client: makes a number of calls. */
  count: {
    readonly ask: { readonly workload: WorkloadName; readonly count: number; readonly inFlight: number };
    readonly answer: null;
  };
  /** Client: makes small calls at a steady rate, beside large answers or alone. */
  openLoop: { readonly ask: OpenLoopOptions; readonly answer: OpenLoopSlice };
  /** Writes to sockets so far. */
  writes: { readonly ask: object; readonly answer: number };
  /** CPU time used so far, user and system, in µs. */
  cpu: { readonly ask: object; readonly answer: number };
  /** What is held after garbage was collected. */
  memory: { readonly ask: object; readonly answer: Memory };
}
