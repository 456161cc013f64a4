import type { Deadlines, Expiring } from "../clock/deadlines.js";
import type { Call, Carrier, Metadata, NestedCall, Peer, Priority, Reply, Route } from "../contract/call.js";
import type { Processed, RpcError } from "../contract/errors.js";
import type { Method } from "../contract/method.js";
import type { Endpoint } from "../contract/registry.js";

/** A call that a peer made of this process: read, and running until its handler settles. */
export class RunningCall implements Call, Expiring {
  readonly method: Method;
  readonly startedAt: number;
  input: readonly unknown[];
  metadata: Metadata;
  deadline: number;
  priority: Priority;
  attempt: number;
  readonly oneway = false;
  route: Route | undefined = undefined;
  readonly peer: Peer;
  reply: Reply | undefined = undefined;
  endpoint: Endpoint | undefined = undefined;
  idempotent: boolean;
  readonly cautious: boolean;
  processed: Processed = "no";
  carrier: Carrier | undefined = undefined;
  abandoned: RpcError | undefined = undefined;
  settled = false;
  nested: Set<NestedCall> | undefined = undefined;
  readonly id: number;
  /** The codec of its answer, where that is not the connection's; −1 otherwise. */
  readonly codec: number;
  place = -1;
  readonly #deadlines: Deadlines;
  readonly #expired: (call: RunningCall) => RpcError;
  #controller: AbortController | undefined;

  constructor(
    method: Method,
    startedAt: number,
    input: readonly unknown[],
    metadata: Metadata,
    deadline: number,
    priority: Priority,
    attempt: number,
    nestedRetry: boolean,
    peer: Peer,
    id: number,
    codec: number,
    deadlines: Deadlines,
    expired: (call: RunningCall) => RpcError,
  ) {
    this.method = method;
    this.startedAt = startedAt;
    this.input = input;
    this.metadata = metadata;
    this.deadline = deadline;
    this.priority = priority;
    this.attempt = attempt;
    this.idempotent = method.idempotent;
    this.cautious = nestedRetry || attempt > 1;
    this.peer = peer;
    this.id = id;
    this.codec = codec;
    this.#deadlines = deadlines;
    this.#expired = expired;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.abandoned === undefined) this.#deadlines.add(this);
      else this.#controller.abort(this.abandoned);
    }
    return this.#controller.signal;
  }

  /** The deadline has come: the handler is told, and its answer is still sent, since who asked judges by its own clock. */
  expire(): void {
    this.#controller?.abort(this.#expired(this));
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

  /** The handler has settled. */
  finish(): void {
    this.settled = true;
    this.#deadlines.delete(this);
  }
}
