import type { Expiring } from "../clock/deadlines.js";
import { type Call, type Carrier, type Metadata, noMetadata, type Receiver } from "../contract/call.js";
import { worse } from "../contract/certainty.js";
import type { Codec } from "../contract/codec.js";
import { type Processed, RpcError } from "../contract/errors.js";
import { Inflow, type InflowOwner } from "../streams/inflow.js";
import { Outflow, type OutflowOwner } from "../streams/outflow.js";
import { StreamIterator } from "../streams/stream-iterator.js";
import type { StreamingCall } from "../streams/streams.js";
import { Kind } from "../wire/header.js";
import { undecodable, unsendable } from "./call-errors.js";
import type { Connection } from "./connection.js";
import type { Tracker } from "./pending-call.js";
import type { RemoteMethod } from "./remote-service.js";
import { streamIdle } from "./stream-errors.js";
import type { StreamParts } from "./stream-parts.js";

/** Who keeps calls with streams that we made. */
export interface MadeStreamsOwner {
  readonly connection: Connection;
  readonly streaming: StreamParts;
  /** The call is over. */
  onOver(call: MadeStream): void;
}

/** A call with streams that we made: it waits to be written, was written, or is open until its result has ended. */
export class MadeStream implements StreamingCall, InflowOwner, OutflowOwner, Carrier, Expiring {
  readonly call: Call;
  readonly remote: RemoteMethod;
  readonly codec: Codec;
  /** Places of those arguments that are streams. */
  readonly places: readonly number[];
  id = 0;
  writtenAt = -1;
  moved = false;
  idleSince = 0;
  place = -1;
  inflows: (Inflow | undefined)[] = [];
  outflows: (Outflow | undefined)[] = [];
  readonly #owner: MadeStreamsOwner;
  readonly #tracker: Tracker | undefined;
  readonly #receiver: Receiver;
  #state: "waiting" | "written" | "open" | "over" = "waiting";
  #openedMs = -1;
  #firstMetadata: Metadata = noMetadata;

  constructor(
    owner: MadeStreamsOwner,
    call: Call,
    remote: RemoteMethod,
    codec: Codec,
    places: readonly number[],
    tracker: Tracker | undefined,
    receiver: Receiver,
  ) {
    this.#owner = owner;
    this.call = call;
    this.remote = remote;
    this.codec = codec;
    this.places = places;
    this.#tracker = tracker;
    this.#receiver = receiver;
  }

  get path(): string {
    return this.call.method.path;
  }

  get deadline(): number {
    return this.call.deadline;
  }

  get over(): boolean {
    return this.#state === "over";
  }

  /** Whether the peer owes a sign of having read it. */
  get owed(): boolean {
    return this.#state === "written";
  }

  /** How many streams it has: its result, unless that is one value, and its arguments. */
  get streams(): number {
    return this.places.length + (this.call.method.kind === "client" ? 0 : 1);
  }

  /** It was written under its id: its arguments may follow. */
  written(id: number, now: number): void {
    this.#state = "written";
    this.id = id;
    this.writtenAt = this.idleSince = now;
    const { connection, streaming } = this.#owner;
    connection.counters.streams.opened += this.streams;
    this.outflows = [undefined];
    for (const [index, place] of this.places.entries()) {
      const given = this.call.input[place] as AsyncIterable<unknown>;
      let producer: AsyncIterator<unknown>;
      try {
        producer = given[Symbol.asyncIterator]();
      } catch (thrown) {
        this.onFailed(undefined, thrown);
        return;
      }
      const at = {
        id,
        target: index + 1,
        flags: connection.ownFlag,
        creditBytes: connection.peerLimits.streamCreditBytes,
      };
      this.outflows.push(new Outflow(connection, streaming.streams.turns, this, this.codec, producer, at));
    }
    for (const stream of this.outflows) stream?.start();
  }

  /** The peer has opened its result. */
  opened(metadata: Metadata): void {
    if (this.#state !== "written") return;
    this.#state = "open";
    const { connection, streaming } = this.#owner;
    const { streams, deadlines } = streaming;
    const inflow = new Inflow(connection, streams.windows, this, this.codec, 0, streams.unsettled);
    this.inflows = [inflow];
    this.moved = true;
    this.#tookUntilNow();
    this.call.processed = "yes";
    this.#firstMetadata = metadata;
    if (metadata !== noMetadata) this.call.replyMetadata = metadata;
    if (this.call.deadline !== Number.POSITIVE_INFINITY) deadlines.add(this);
    this.#receiver.succeed(new StreamIterator(inflow));
  }

  /** Its result has ended. */
  ended(metadata: Metadata): void {
    const [inflow] = this.inflows;
    if (this.#state !== "open" || inflow === undefined) return;
    this.#merge(metadata);
    inflow.finish();
    this.#end(undefined);
  }

  /** It was answered by one value. */
  succeed(output: unknown): void {
    if (this.#state !== "written") return;
    this.#tookUntilNow();
    this.#end(undefined);
    this.#receiver.succeed(output);
  }

  /** It failed: with what the peer said, with the connection, or here. What arrived of its result is still read. */
  fail(error: RpcError, metadata: Metadata = noMetadata): void {
    const state = this.#state;
    if (state === "over") return;
    this.#merge(metadata);
    if (state === "open") this.inflows[0]!.fail(error);
    else if (error.origin === "peer" && state === "written") this.#tookUntilNow();
    this.#end(error);
    if (state !== "open") this.#receiver.fail(error);
  }

  /** The caller wants no more of it: it ends with `error`, at once, and the peer is told. */
  giveUp(error: RpcError): Processed {
    const state = this.#state;
    if (state === "over") return "maybe";
    const told = this.#tellPeer();
    error.processed = told ? "maybe" : "no";
    this.#end(error);
    if (state === "open") this.inflows[0]!.abort(error);
    else this.#receiver.fail(error);
    return error.processed;
  }

  /** Called by the table of deadlines, of calls that are open. */
  expire(): void {
    const spanMs = Math.max(0, Math.round(this.call.deadline - this.call.startedAt));
    const message = `${this.path} was not over within ${spanMs} ms`;
    this.giveUp(new RpcError("deadline_exceeded", message, { reason: "DEADLINE_EXCEEDED", endpoint: this.#address }));
  }

  onIdle(): void {
    const error = streamIdle(this.path, this.#owner.connection.limits.streamIdleMs);
    const forgotten = this.#state === "open" && !this.inflows[0]!.awaited;
    this.giveUp(error);
    // Who asks for an item hears of it there, and so does an interceptor in between, which may go on by another call.
    if (forgotten) this.call.onForgotten?.(error);
  }

  give(stream: Inflow, bytes: number): void {
    const { connection, streaming } = this.#owner;
    this.moved = true;
    streaming.giveCredit(connection.ownFlag, stream.target, this.id, bytes);
  }

  onLeft(): void {
    this.#tellPeer();
    this.#end(undefined);
  }

  broken(_stream: Inflow, cause: unknown): RpcError {
    const error = undecodable(this.call, this.#address, cause);
    if (!this.over) {
      this.#tellPeer();
      this.#end(error);
    }
    return error;
  }

  /** Its caller's own source is asked as late as may be. */
  mayBegin(): boolean {
    return true;
  }

  onFirst(): void {}

  endProducer(producer: AsyncIterator<unknown>): void {
    this.#owner.streaming.endings.end(producer, this.path);
  }

  onDone(stream: Outflow): void {
    this.#owner.connection.outbox.frame(Kind.end, this.#owner.connection.ownFlag, stream.target, this.id);
  }

  onFailed(_stream: Outflow | undefined, thrown: unknown): void {
    const message = `${this.path}: a stream among its arguments failed, and the call with it: see the cause`;
    this.giveUp(
      new RpcError("invalid_argument", message, {
        reason: "ARGUMENT_STREAM_FAILED",
        endpoint: this.#address,
        cause: thrown,
      }),
    );
  }

  onUnsendable(_stream: Outflow, cause: unknown): void {
    this.giveUp(unsendable(this.call, cause));
  }

  /** Sends a cancel where the peer may know of the call. */
  #tellPeer(): boolean {
    if (this.#state === "waiting") return false;
    const { outbox, ownFlag } = this.#owner.connection;
    const told = outbox.withdraw(this.id, Kind.request);
    if (told) outbox.frame(Kind.cancel, ownFlag, 0, this.id);
    return told;
  }

  #merge(metadata: Metadata): void {
    if (metadata === noMetadata) return;
    const first = this.#firstMetadata;
    this.call.replyMetadata =
      first === noMetadata ? metadata : Object.freeze(Object.assign(Object.create(null), first, metadata));
  }

  #tookUntilNow(): void {
    const { readAt } = this.#owner.connection;
    this.#openedMs = readAt - this.writtenAt;
    this.remote.counters.took((this.#openedMs * 1_000) | 0, 1);
  }

  /** Whatever way it ended, nothing of it may stay behind. */
  #end(error: RpcError | undefined): void {
    this.#state = "over";
    const { connection, streaming } = this.#owner;
    streaming.deadlines.delete(this);
    const { counters } = this.remote;
    if (error === undefined) counters.settled++;
    else counters.fail(error);
    if (this.call.carrier === this) this.call.carrier = undefined;
    this.call.processed = worse(this.call.processed, error === undefined ? "yes" : error.processed);
    const [result] = this.inflows;
    if (result !== undefined) {
      result.close();
      streaming.streams.outlives(result);
    }
    for (const stream of this.outflows) stream?.stop();
    this.#tracker?.onSettled(this.#openedMs, error, connection.clock.now());
    this.#owner.onOver(this);
  }

  get #address(): string {
    return this.#owner.connection.peer.address;
  }
}
