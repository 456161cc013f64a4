import type { Call } from "./call.js";
import type { Endpoint } from "./registry.js";

/** A ready connection to an endpoint, with what is known of it. Counted per service and connection; read when a call is picked. */
export interface Candidate {
  readonly endpoint: Endpoint;
  /** Calls without an answer yet. */
  readonly pending: number;
  /** Peak-sensitive moving average of the answers' latency, in ms; 0 before the first answer. */
  readonly latencyMs: number;
  /** Load the server told with its last answer, 0 to 1; 0 when it never did. */
  readonly load: number;
}

/** Chooses a candidate for a call. Runs for every call: no I/O, no allocation; honours `call.route`. */
export type Picker = (call: Call) => Candidate;

/**
 * Makes a picker from each new list of ready candidates. Called once for each channel: what must survive a new list
 * lives in the outer function. `ready` is never empty.
 */
export type Balancer = () => (ready: readonly Candidate[]) => Picker;
