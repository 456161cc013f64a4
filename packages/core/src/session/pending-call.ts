import type { Call, Carrier, Receiver } from "../contract/call.js";
import { worse } from "../contract/certainty.js";
import type { Processed, RpcError } from "../contract/errors.js";
import type { RemoteMethod } from "./remote-service.js";

/** Who counts what a connection does for a service. */
export interface Tracker {
  /** A call that was given to the connection has settled, at `now`. `latencyMs` is −1 where it was never written. */
  onSettled(latencyMs: number, error: RpcError | undefined, now: number): void;
}

/** Who has queued calls. */
export interface QueueOwner {
  /** Takes a call out of the queue and fails it. */
  giveUpQueued(pending: PendingCall, error: RpcError): Processed;
}

/** A call we made that is not in flight: in the queue, or taken from the table to fail. */
export class PendingCall implements Carrier {
  readonly call: Call;
  readonly remote: RemoteMethod;
  readonly tracker: Tracker | undefined;
  readonly receiver: Receiver;
  /** When it was written, in ms on the clock; −1 where it was not. */
  writtenAt = -1;
  settled = false;
  /** Its encoded arguments, while it is queued. */
  queuedBody: Buffer | undefined;
  readonly #owner: QueueOwner;

  constructor(owner: QueueOwner, call: Call, remote: RemoteMethod, tracker: Tracker | undefined, receiver: Receiver) {
    this.#owner = owner;
    this.call = call;
    this.remote = remote;
    this.tracker = tracker;
    this.receiver = receiver;
  }

  giveUp(error: RpcError): Processed {
    return this.settled ? "maybe" : this.#owner.giveUpQueued(this, error);
  }

  fail(error: RpcError, now: number): void {
    if (this.settled) return;
    this.settled = true;
    this.queuedBody = undefined;
    if (this.call.carrier === this) this.call.carrier = undefined;
    settle(this.call, this.remote, this.tracker, this.writtenAt, error, now);
    this.receiver.fail(error);
  }
}

/** Tells all who count that an attempt has an outcome. */
export function settle(
  call: Call,
  { counters }: RemoteMethod,
  tracker: Tracker | undefined,
  writtenAt: number,
  error: RpcError | undefined,
  now: number,
): void {
  if (error === undefined) counters.settled++;
  else counters.fail(error);
  // What the peer did not answer took no time of its own.
  if (writtenAt >= 0 && (error === undefined || error.origin === "peer"))
    counters.took(((now - writtenAt) * 1_000) | 0, 1);
  // Interceptors may go on with the call after this: who gives it up then must hear what is certain by now.
  call.processed = worse(call.processed, error === undefined ? "yes" : error.processed);
  tracker?.onSettled(writtenAt < 0 ? -1 : now - writtenAt, error, now);
}
