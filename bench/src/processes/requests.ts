import type { DriveOptions, Slice } from "../workloads/drive.js";
import type { WorkloadName } from "../workloads/workloads.js";

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
  /** CPU time used so far, user and system, in µs. */
  cpu: { readonly ask: object; readonly answer: number };
  /** Bytes alive after garbage was collected: the heap and what buffers hold outside it. */
  heap: { readonly ask: object; readonly answer: number };
  /** Closes the subject and ends the process. */
  end: { readonly ask: object; readonly answer: null };
}

export type RequestName = keyof Requests;

/** A request as it crosses to the process. */
export interface Request<Name extends RequestName = RequestName> {
  readonly number: number;
  readonly name: Name;
  readonly ask: Requests[Name]["ask"];
}

/** Its answer. */
export type Response =
  | { readonly number: number; readonly answer: unknown }
  | { readonly number: number; readonly error: string };
