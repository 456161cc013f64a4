import type { Deadlines, Expiring } from "../clock/deadlines.js";
import {
  type Account,
  type Call,
  type Carrier,
  type Head,
  type Metadata,
  type NestedCall,
  noMetadata,
  type Peer,
  type Priority,
  type Route,
} from "../contract/call.js";
import { type Processed, RpcError } from "../contract/errors.js";
import type { Method } from "../contract/method.js";
import type { Endpoint } from "../contract/registry.js";
import { endSource } from "../items/endable-items.js";
import type { Startable, Waiting } from "../overload/waiting.js";
import type { CallCounters } from "../stats/call-counters.js";
import { drainingOf } from "./draining.js";

const noInput: readonly unknown[] = Object.freeze([]);

/**
 * A call that a peer made of this process: read, judged by its head, decoded, and running until its handler settles.
 * One object for all of that, since there is one for every request.
 */
export class RunningCall implements Call, Head, Expiring, Startable {
  readonly method: Method;
  readonly startedAt: number;
  /** Empty until the arguments have been decoded. */
  input: readonly unknown[] = noInput;
  metadata: Metadata;
  deadline: number;
  priority: Priority;
  attempt: number;
  readonly oneway: boolean;
  route: Route | undefined = undefined;
  readonly peer: Peer;
  replyMetadata: Metadata = noMetadata;
  endpoint: Endpoint | undefined = undefined;
  idempotent: boolean;
  readonly cautious: boolean;
  processed: Processed = "no";
  carrier: Carrier | undefined = undefined;
  carriedAs = 0;
  abandoned: RpcError | undefined = undefined;
  settled = false;
  nested: Set<NestedCall> | undefined = undefined;
  account: Account | undefined = undefined;
  /** Counts it, where it came over a connection. */
  counters: CallCounters | undefined = undefined;
  readonly sizeBytes: number;
  readonly id: number;
  /** The codec of its answer, where that is not the connection's; −1 otherwise. */
  readonly codec: number;
  place = -1;
  /** The encoded arguments, and where they begin. */
  body: Buffer | undefined = undefined;
  bodyAt = 0;
  /** Whether they are part of what was read, which is good for this turn only. */
  borrowed = false;
  /** Whether they have memory of their own, which came together from parts. */
  owned = false;
  waiting: Waiting | undefined = undefined;
  /** What its handler returned to be read by interceptors, and was neither read to its end nor left. */
  sources: Set<AsyncIterator<unknown>> | undefined = undefined;
  readonly #deadlines: Deadlines;
  #controller: AbortController | undefined;

  constructor(
    method: Method,
    startedAt: number,
    metadata: Metadata,
    deadline: number,
    priority: Priority,
    attempt: number,
    nestedRetry: boolean,
    peer: Peer,
    sizeBytes: number,
    id: number,
    codec: number,
    deadlines: Deadlines,
    oneway = false,
  ) {
    this.method = method;
    this.startedAt = startedAt;
    this.metadata = metadata;
    this.deadline = deadline;
    this.priority = priority;
    this.attempt = attempt;
    this.idempotent = method.idempotent;
    this.cautious = nestedRetry || attempt > 1;
    this.peer = peer;
    this.sizeBytes = sizeBytes;
    this.id = id;
    this.codec = codec;
    this.#deadlines = deadlines;
    this.oneway = oneway;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.abandoned !== undefined) this.#controller.abort(this.abandoned);
      // Of one that is over nobody would take it out again.
      else if (!this.settled && this.deadline !== Number.POSITIVE_INFINITY) this.#deadlines.add(this);
    }
    return this.#controller.signal;
  }

  get draining(): AbortSignal {
    return drainingOf(this.peer);
  }

  /** The deadline has come: the handler is told, and its answer is still sent, since who asked judges by its own clock. */
  expire(): void {
    this.#controller?.abort(deadlinePassed(this, "yes"));
  }

  /** Time is up, and the handler is told; what it still says is sent. */
  interrupt(reason: RpcError): void {
    this.#controller?.abort(reason);
    this.#abandonNested(reason);
  }

  /** Calls made for this one are given up with it; they have deadlines of their own, never later than its. */
  #abandonNested(reason: RpcError): void {
    if (this.nested === undefined) return;
    for (const call of [...this.nested]) call.abandon(reason);
    this.nested.clear();
  }

  /** The caller has gone: the handler is told, and whatever it answers is dropped. */
  abort(reason: RpcError): void {
    this.abandoned ??= reason;
    this.#deadlines.delete(this);
    this.#controller?.abort(reason);
    this.#abandonNested(reason);
  }

  /** Its handler has settled, or it ended before there was one. */
  finish(): void {
    this.settled = true;
    this.#deadlines.delete(this);
    if (this.sources !== undefined) this.#endSources(this.sources);
  }

  #endSources(sources: Set<AsyncIterator<unknown>>): void {
    this.sources = undefined;
    for (const source of sources) endSource(source);
  }
}

/** Returns the error of a call whose deadline has come, on the side that serves it. */
export function deadlinePassed(call: RunningCall, processed: Processed): RpcError {
  return new RpcError(
    "deadline_exceeded",
    `the deadline of ${call.method.path} has passed${processed === "no" ? " before its handler began" : ""}`,
    {
      reason: "DEADLINE_EXCEEDED",
      processed,
    },
  );
}
