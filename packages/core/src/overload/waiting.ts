import type { Priority } from "../contract/call.js";
import type { Method } from "../contract/method.js";
import { Chain, type Link } from "./chain.js";
import type { Refusal } from "./refusals.js";

/** A call that was read and may have to wait for its handler. */
export interface Startable {
  readonly method: Method;
  /** When it had arrived at the earliest, in ms on the clock. */
  readonly startedAt: number;
  readonly deadline: number;
  readonly priority: Priority;
  readonly sizeBytes: number;
  /** Whether nobody waits for its answer from the beginning. */
  readonly oneway: boolean;
  /** Why nobody waits for its answer any more; undefined while somebody does. */
  readonly abandoned: unknown;
  /** Its place while it waits; written by the queue alone. */
  waiting: Waiting | undefined;
}

/** A connection, as the queue in front of its server's handlers sees it. */
export interface Source {
  /** Whether none of its calls may be started now: its peer reads too slowly to be given more answers, or it is crowding. */
  readonly blocked: boolean;
  /** Whether it has its share of places with handlers for which nobody waits. */
  readonly crowding: boolean;
  /** Runs the handler; `leave` of the queue is owed once it has settled. */
  begin(call: Startable): void;
  /** The call has to outlive the turn in which it was read. */
  hold(call: Startable): void;
  /** Tells the peer that the call will not be run, and how long to leave this server alone, in ms. */
  turnAway(call: Startable, refusal: Refusal, retryAfterMs: number): void;
  /** Tells the peer that the call's deadline came before its handler was reached. */
  expire(call: Startable): void;
  /** Nobody waits for the call any more, and it was not started. */
  forget(call: Startable): void;
}

/** What a call waits in. */
export interface Line {
  readonly size: number;
  remove(waiting: Waiting): void;
}

/** The calls of one connection in one priority. */
export interface Lane {
  readonly source: Source;
  readonly level: Level;
  readonly calls: Chain<Waiting>;
  /** Its place among the lanes that take turns; undefined while its connection takes no answers. */
  turn: Link<Lane> | undefined;
}

/** The calls of one priority. */
export class Level {
  /** The one that came first is first. */
  readonly byAge = new Chain<Waiting>();
  readonly turns = new Chain<Lane>();
  readonly lanes = new Map<Source, Lane>();
}

/** A call that waits, and where. Puts itself there. */
export class Waiting {
  readonly source: Source;
  readonly call: Startable;
  readonly line: Line;
  readonly lane: Lane;
  /** Its place among those of its connection, and among all of its priority. */
  readonly inLane: Link<Waiting>;
  readonly byAge: Link<Waiting>;

  constructor(call: Startable, line: Line, lane: Lane) {
    this.source = lane.source;
    this.call = call;
    this.line = line;
    this.lane = lane;
    this.inLane = lane.calls.append(this);
    this.byAge = lane.level.byAge.append(this);
    call.waiting = this;
  }
}
