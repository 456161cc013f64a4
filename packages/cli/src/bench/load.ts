import type { Clock, Histogram } from "@rpc/core";
import type { Tally } from "./tally.js";

/** Makes one call of what is measured. */
export type MakeCall = () => Promise<unknown>;

/** What keeps calls coming. */
export interface Load {
  /** Begins. */
  start(): void;
  /** From now on calls count, into this tally; those before were for warming up. */
  measure(tally: Tally): void;
  /** Begins no more calls, and counts what is said at each kind of load. */
  stop(): Ending;
}

/** What is left when no more calls are begun. */
export interface Ending {
  /** Resolves when all calls that count have settled. */
  readonly settled: Promise<void>;
  /** How many calls that count are without an outcome. */
  pending(): number;
  /** Of an open loop: calls that were due and have not been begun, since too many were in flight. */
  readonly notBegun: number;
  /** Of an open loop: by how much calls were begun later than they were due, in ms. */
  readonly lag?: Histogram;
}

export interface LoadOptions {
  readonly makeCall: MakeCall;
  readonly clock: Clock;
  /** Calls in flight: always so many in a closed loop, at most so many in an open one. */
  readonly inFlight: number;
}
