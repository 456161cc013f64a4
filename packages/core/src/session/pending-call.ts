import type { Call, Carrier, Receiver } from "../contract/call.js";
import { worse } from "../contract/certainty.js";
import type { Processed, RpcError } from "../contract/errors.js";
import type { RemoteMethod } from "./remote-service.js";

/** Who counts what a connection does for a service. */
export interface Tracker {
  /** A call that was given to the connection has settled, at `now`. `latencyMs` is −1 where it was never written. */
  onSettled(latencyMs: number, error: RpcError | undefined, now: number): void;
}

/** Who writes and withdraws calls. */
interface Owner {
  giveUp(pending: PendingCall, error: RpcError): Processed;
}

/** A call we made that has no answer yet: in the queue, or written and in its slot. */
export class PendingCall implements Carrier {
  readonly call: Call;
  readonly remote: RemoteMethod;
  readonly tracker: Tracker | undefined;
  /** 0 until it is written. */
  id = 0;
  writtenAt = -1;
  settled = false;
  /** Its encoded arguments, while it is queued. */
  queuedBody: Buffer | undefined;
  readonly #owner: Owner;
  readonly #receiver: Receiver;

  constructor(owner: Owner, call: Call, remote: RemoteMethod, tracker: Tracker | undefined, receiver: Receiver) {
    this.call = call;
    this.remote = remote;
    this.#owner = owner;
    this.tracker = tracker;
    this.#receiver = receiver;
  }

  giveUp(error: RpcError): Processed {
    return this.settled ? "maybe" : this.#owner.giveUp(this, error);
  }

  succeed(output: unknown, now: number): void {
    if (this.settled) return;
    this.#settle(now, undefined);
    this.#receiver.succeed(output);
  }

  fail(error: RpcError, now: number): void {
    if (this.settled) return;
    this.#settle(now, error);
    this.#receiver.fail(error);
  }

  #settle(now: number, error: RpcError | undefined): void {
    this.settled = true;
    this.queuedBody = undefined;
    const { call } = this;
    const { counters } = this.remote;
    if (error === undefined) counters.settled++;
    else counters.fail(error);
    // What the peer did not answer took no time of its own.
    if (this.writtenAt >= 0 && (error === undefined || error.origin === "peer"))
      counters.took(((now - this.writtenAt) * 1_000) | 0, 1);
    // Interceptors may go on with the call after this: who gives it up then must hear what is certain by now.
    call.processed = worse(call.processed, error === undefined ? "yes" : error.processed);
    if (call.carrier === this) call.carrier = undefined;
    this.tracker?.onSettled(this.writtenAt < 0 ? -1 : now - this.writtenAt, error, now);
  }
}
