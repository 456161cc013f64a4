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
  /** The shortest time in which it answered anything, the hello included, in ms: how far away it is. 0 where that is not known. */
  readonly distanceMs: number;
  /** The share of its weight that it should have for now: 1, and less while it is new. */
  readonly warmth: number;
}

/** Chooses a candidate for a call. Runs for every call: no I/O, no allocation; honours `call.route`. */
export interface Picker {
  (call: Call): Candidate;
  /** What a candidate costs a call: the least is chosen. For calls that are explained; undefined where it reckons no such thing. */
  readonly scoreOf?: ((candidate: Candidate) => number) | undefined;
}

/**
 * Makes a picker from each new list of ready candidates. Called once for each channel: what must survive a new list
 * lives in the outer function. `ready` is never empty.
 */
export interface Balancer {
  (): (ready: readonly Candidate[]) => Picker;
  /** Endpoints that it would ever pick: no others are connected to. Undefined: all. */
  readonly admits?: ((endpoint: Endpoint) => boolean) | undefined;
  /** Its choice is among the whole list, so that all of it is connected to, whatever `subset` says. Undefined: no. */
  readonly whole?: boolean | undefined;
}
