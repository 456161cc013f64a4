import { type Call, type Carrier, type Metadata, noMetadata, type Receiver } from "../contract/call.js";
import type { DecodeLimits } from "../contract/codec.js";
import { type Processed, RpcError } from "../contract/errors.js";
import { Feature } from "../wire/features.js";
import { Fields, priorityBits, writeMetadata } from "../wire/fields.js";
import { Flag, Kind, maxFrameBytes } from "../wire/header.js";
import { protocolError } from "../wire/protocol-error.js";
import { Assemblies, ownedLimits } from "./assembly.js";
import { expired, receivedError, silent, undecodable, unsendable } from "./call-errors.js";
import type { Connection } from "./connection.js";
import { withContractNote } from "./contract-notes.js";
import { GivenUp } from "./given-up.js";
import { GrowingSink } from "./growing-sink.js";
import { InFlight } from "./in-flight.js";
import { PendingCall, type QueueOwner, type Tracker } from "./pending-call.js";
import type { RemoteMethod } from "./remote-service.js";
import { SendQueue } from "./send-queue.js";
import { UsualLatency } from "./usual-latency.js";
import type { WhenFull } from "./when-full.js";

/** Thrown, and caught here, where a call was given up while it was encoded. */
const givenUp = new Error("given up");

/** One answer of so many is looked at for what is usual. */
const sampled = 8;

/** What an answer's frame said of it, while its parts arrive. */
export interface Answer {
  readonly kind: number;
  readonly target: number;
  readonly codec: number;
  readonly metadata: Metadata;
  readonly declared: boolean;
}

/** The calls that are not kept here: those with streams. */
export interface Elsewhere {
  /** Takes an answer. Returns whether it was one to such a call. */
  onAnswer(kind: number, flags: number, target: number, id: number, bytes: Buffer, start: number, end: number): boolean;
  /** Takes an answer that came in parts. */
  onWhole(id: number, answer: Answer, body: Buffer): void;
}

/** The calls we made on a connection: written, queued, answered, given up. */
export class Outgoing implements Carrier, QueueOwner {
  readonly #connection: Connection;
  readonly #inFlight = new InFlight(this);
  readonly #queue: SendQueue;
  readonly #assemblies: Assemblies<Answer>;
  readonly #fields = new Fields();
  readonly #usual = new UsualLatency();
  readonly #givenUp = new GivenUp();
  /** When the first call of this turn was written, in ms on the clock: nothing leaves before its end, so all were then. −1 between turns. */
  #turnAt = -1;
  /** Above this id the peer ran nothing: known from its final drain frame. */
  #lastRun = Number.POSITIVE_INFINITY;

  readonly #elsewhere: Elsewhere;
  readonly #onIdle: () => void;
  readonly #pump = (): void => this.pump();

  /** `onIdle` is called whenever no call is left that waits for an answer. */
  constructor(connection: Connection, whenFull: WhenFull, elsewhere: Elsewhere, onIdle: () => void) {
    this.#elsewhere = elsewhere;
    this.#onIdle = onIdle;
    this.#connection = connection;
    this.#queue = new SendQueue(connection.limits, whenFull, connection.peer.address);
    this.#assemblies = new Assemblies(connection.limits, connection.clock);
  }

  /** Calls without an answer, those in the queue included. */
  get pending(): number {
    return this.#inFlight.size + this.#queue.size + this.#queue.waiting;
  }

  /** Lets go of what many calls made large and nothing needs: for connections that fell idle. */
  trim(): void {
    this.#inFlight.trim();
  }

  /** Calls that wait in front of the socket, and the bytes of their arguments. */
  get queue(): { readonly size: number; readonly bytes: number } {
    return this.#queue;
  }

  get nearlyExhausted(): boolean {
    return this.#inFlight.nearlyExhausted;
  }

  /** Answers that came in part. */
  get assemblies(): Assemblies<Answer> {
    return this.#assemblies;
  }

  /** What 99 of 100 answers took at most, in ms; an estimate. */
  get usualMs(): number {
    return this.#usual.p99Ms;
  }

  /**
   * When the oldest of the calls without an answer that were written after `since` was, in ms on the clock; Infinity where
   * there is none. One that was given up counts until something is heard: others would wait as vainly.
   */
  oldestWrittenAt(since: number): number {
    const givenUpAt = this.#givenUp.oldestWrittenAt(since, this.#connection.readAt);
    return this.#inFlight.size === 0 ? givenUpAt : Math.min(givenUpAt, this.#inFlight.oldestWrittenAt(since));
  }

  /** Gives up the calls of a tracker that `mayMove` lets go, with an error that says that the peer is silent. */
  moveAway(tracker: Tracker, mayMove: (call: Call, written: boolean) => boolean): void {
    const error = (): RpcError => silent(this.#connection.peer.address);
    for (const pending of this.#queue.values()) {
      if (pending.tracker !== tracker || pending.settled) continue;
      // One that was given up before it may have made room to write this one, which is in flight then.
      if (pending.call.carrier === pending && mayMove(pending.call, false)) pending.giveUp(error());
    }
    for (const id of this.#inFlight.ids(tracker)) {
      const call = this.#inFlight.get(id);
      if (call !== undefined && mayMove(call, true)) this.#giveUp(id, error());
    }
  }

  /** Whether an id was ever given out. */
  issued(id: number): boolean {
    return this.#inFlight.issued(id);
  }

  /** Returns an id for a frame that is no call of these. */
  nextId(): number {
    return this.#inFlight.skip();
  }

  /** What was written in this turn is on its way. */
  onTurnEnd(): void {
    this.#turnAt = -1;
  }

  /** Sends a call; `receiver` is told how it ended. */
  send(call: Call, remote: RemoteMethod, tracker: Tracker | undefined, receiver: Receiver): void {
    remote.counters.calls++;
    if (call.attempt > 1) remote.counters.retries++;
    if (call.oneway && (this.#connection.features & Feature.oneway) === 0)
      this.#refuseOneway(new PendingCall(this, call, remote, tracker, receiver));
    else if (this.#queue.size === 0 && this.#mayWrite()) this.#write(call, remote, tracker, receiver, undefined);
    else this.#enqueue(new PendingCall(this, call, remote, tracker, receiver));
    // A getter of what is being encoded may have made this call, which then had to queue.
    if (this.#queue.size > 0) this.#connection.outbox.whenShut(this.#pump);
  }

  /** Writes queued calls while there is room. */
  pump(): void {
    do {
      while (this.#queue.size > 0 && this.#mayWrite() && this.#mayBegin(this.#queue.firstBytes)) {
        const pending = this.#queue.shift();
        if (pending !== undefined)
          this.#write(pending.call, pending.remote, pending.tracker, pending.receiver, pending);
      }
    } while (this.#queue.waiting > 0 && this.#refill() && this.#mayWrite());
    // The last of them may have expired, or could not be encoded.
    if (this.pending === 0) this.#onIdle();
  }

  giveUp(error: RpcError, { carriedAs }: Call): Processed {
    return this.#giveUp(carriedAs, error);
  }

  giveUpQueued(pending: PendingCall, error: RpcError): Processed {
    this.#queue.remove(pending);
    error.processed = "no";
    pending.fail(error, this.#connection.clock.now());
    this.#next();
    return "no";
  }

  #giveUp(id: number, error: RpcError): Processed {
    const pending = this.#inFlight.take(id);
    if (pending === undefined) return "maybe";
    this.#assemblies.drop(id);
    const { outbox, ownFlag, clock, readAt } = this.#connection;
    const now = clock.now();
    const told = pending.writtenAt >= 0 && this.#withdraw(id);
    if (told) {
      outbox.frame(Kind.cancel, ownFlag, 0, id);
      this.#givenUp.add(pending.writtenAt, now, readAt);
    }
    error.processed = told ? "maybe" : "no";
    pending.fail(error, now);
    this.#next();
    return error.processed;
  }

  /** Lets nothing more of a call leave. Returns whether the peer may know of it. */
  #withdraw(id: number): boolean {
    return this.#connection.outbox.withdraw(id, Kind.request);
  }

  /** Takes a response, error or reject. */
  onAnswer(kind: number, flags: number, target: number, id: number, bytes: Buffer, start: number, end: number): void {
    const declared = (flags & Flag.declared) !== 0;
    const call = this.#inFlight.get(id);
    if (call === undefined) {
      if (!this.#elsewhere.onAnswer(kind, flags, target, id, bytes, start, end)) this.#refuseUnknown(id);
      return;
    }
    this.#assemblies.refuseAnother(id);
    let at = start;
    let codec = -1;
    let metadata = noMetadata;
    if ((flags & ~Flag.acceptor) !== 0) {
      const fields = this.#fields;
      at = fields.read(flags, bytes, start, end);
      codec = fields.codec;
      metadata = fields.metadata;
      if ((flags & Flag.more) !== 0) {
        this.#begin(call, id, { kind, target, codec, metadata, declared }, fields.totalBytes, bytes, at, end);
        return;
      }
    }
    if (metadata !== noMetadata) call.replyMetadata = metadata;
    this.#settle(id, kind, target, codec, declared, bytes, at, end, this.#connection.limits);
  }

  /** Takes a part of an answer. */
  onChunk(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (start === end) this.#connection.rates.count("frames that say nothing", this.#connection.readAt);
    const whole = this.#assemblies.add(id, (flags & Flag.more) === 0, bytes, start, end);
    if (whole === undefined) {
      if (!this.#inFlight.issued(id)) this.#refuseUnknown(id);
      return;
    }
    const call = this.#inFlight.get(id);
    const { context, body } = whole;
    if (call === undefined) {
      this.#elsewhere.onWhole(id, context, body);
      return;
    }
    call.replyMetadata = context.metadata;
    const { kind, target, codec, declared } = context;
    this.#settle(id, kind, target, codec, declared, body, 0, body.length, ownedLimits(this.#connection.limits));
  }

  /**
   * The peer is about to close. Oneway calls that wait go elsewhere: nobody would hear of one that is written too late to
   * be read. Others are told by the last word.
   */
  onDrainAdvice(): void {
    const moved = this.#queue.takeOneways();
    const now = this.#connection.clock.now();
    for (const pending of moved) pending.fail(this.#draining(), now);
    if (moved.length > 0) this.#next();
  }

  /** The peer closes: what it has not read never ran, and goes elsewhere at once. */
  onFinalDrain(lastId: number): void {
    this.#lastRun = Math.min(this.#lastRun, lastId);
    const now = this.#connection.clock.now();
    for (const pending of this.#queue.takeAll()) pending.fail(this.#draining(), now);
    for (const id of this.#inFlight.ids()) if (id > lastId) this.#inFlight.take(id)?.fail(this.#draining(), now);
  }

  /** Settles everything: the connection is gone. */
  onClosed(error: RpcError): void {
    const now = this.#connection.clock.now();
    const lost = (processed: Processed): RpcError =>
      new RpcError(error.code, error.message, {
        reason: error.reason,
        processed,
        retryAfterMs: error.retryAfterMs,
        endpoint: this.#connection.peer.address,
        origin: error.origin,
        cause: error,
      });
    for (const pending of this.#queue.takeAll()) pending.fail(lost("no"), now);
    for (const id of this.#inFlight.ids()) {
      const pending = this.#inFlight.take(id);
      if (pending === undefined) continue;
      const told = pending.writtenAt >= 0 && this.#withdraw(id);
      pending.fail(lost(told ? "maybe" : "no"), now);
    }
  }

  #mayWrite(): boolean {
    const { outbox, limits, peerLimits } = this.#connection;
    return this.#inFlight.size < Math.min(limits.inFlight, peerLimits.inFlight) && !outbox.full && !outbox.open;
  }

  /** Whether a message of so many bytes may be begun; what fits into a frame with all its fields always may. */
  #mayBegin(bodyBytes: number): boolean {
    return bodyBytes <= maxFrameBytes / 2 || this.#connection.outbox.mayBegin(bodyBytes);
  }

  /** Writes a call: one that is new, or one that was `queued` and taken out. */
  #write(
    call: Call,
    remote: RemoteMethod,
    tracker: Tracker | undefined,
    receiver: Receiver,
    queued: PendingCall | undefined,
  ): void {
    const { outbox, clock, ownFlag } = this.#connection;
    const now = this.#turnAt < 0 ? clock.now() : this.#turnAt;
    const leftMs = Math.floor(call.deadline - now);
    // The caller's own deadline settles it; nothing has to leave any more.
    if (leftMs <= 0 && call.deadline <= now) {
      (queued ?? new PendingCall(this, call, remote, tracker, receiver)).fail(expired(call), now);
      return;
    }
    const id = this.#inFlight.add(call, remote, tracker, receiver);
    try {
      const flags = ownFlag | remote.flags | (call.oneway ? Flag.oneway : 0);
      this.#encode(call, remote, id, leftMs, outbox, flags, queued?.queuedBody);
      if (!outbox.mayEnd) {
        const body = outbox.takeBody();
        outbox.rollback();
        this.#putBack(id, body);
        return;
      }
      this.#turnAt = now;
      outbox.end();
    } catch (cause) {
      this.#turnAt = -1;
      outbox.rollback();
      this.#inFlight.takeBack(id)?.fail(unsendable(call, cause), now);
      return;
    }
    if (call.oneway) {
      // Nothing comes back that would have to find it.
      this.#inFlight.succeed(id, undefined, now);
      if (this.pending === 0) this.#onIdle();
      return;
    }
    this.#inFlight.written(id, now);
  }

  /** What was encoded finds no room: it is the first of the queue. */
  #putBack(id: number, body: Buffer): void {
    const pending = this.#inFlight.takeBack(id)!;
    pending.call.carrier = pending;
    this.#queue.putBack(pending, body);
  }

  #draining(): RpcError {
    const { address } = this.#connection.peer;
    return new RpcError("unavailable", `${address} is shutting down and did not begin this call`, {
      reason: "DRAINING",
      processed: "no",
      endpoint: address,
    });
  }

  #refuseOneway(pending: PendingCall): void {
    const { peer, clock } = this.#connection;
    const { path } = pending.call.method;
    const message = `${path}: ${peer.address} does not take oneway calls, since it speaks an older protocol: call it without oneway()`;
    const error = new RpcError("unimplemented", message, {
      reason: "NO_ONEWAY",
      processed: "no",
      endpoint: peer.address,
    });
    pending.fail(error, clock.now());
  }

  #encode(
    call: Call,
    remote: RemoteMethod,
    id: number,
    leftMs: number,
    outbox: Connection["outbox"],
    baseFlags: number,
    body: Buffer | undefined,
  ): void {
    const plain = call.priority === "normal" && call.attempt === 1 && !call.cautious;
    const bits = plain ? 0 : priorityBits(call.priority, call.attempt, call.cautious);
    const withMetadata = call.metadata !== noMetadata;
    const flags = baseFlags | (bits === 0 ? 0 : Flag.priority) | (withMetadata ? Flag.metadata : 0);
    outbox.begin(Kind.request, flags, remote.index, id);
    const { bytes } = outbox;
    let at = outbox.position;
    bytes[at++] = leftMs >>> 24;
    bytes[at++] = leftMs >>> 16;
    bytes[at++] = leftMs >>> 8;
    bytes[at++] = leftMs;
    if (remote.codec !== undefined) bytes[at++] = remote.codec;
    if (bits !== 0) bytes[at++] = bits;
    outbox.position = at;
    if (withMetadata) writeMetadata(call.metadata, outbox);
    outbox.body();
    if (body === undefined) {
      this.#codecOf(remote).encode(call.input, outbox);
    } else {
      outbox.reserve(body.length);
      outbox.position += body.copy(outbox.bytes, outbox.position);
    }
    if (this.#inFlight.get(id) === undefined) throw givenUp;
  }

  #enqueue(pending: PendingCall): void {
    pending.call.carrier = pending;
    if (this.#queue.mustWait) this.#queue.join(pending, this.#connection.clock.now());
    else this.#encodeToQueue(pending);
  }

  /** Lets in those that wait for room in the queue, as far as there is some. Returns whether anybody came in. */
  #refill(): boolean {
    const before = this.#queue.size;
    for (let next = this.#queue.next(); next !== undefined; next = this.#queue.next()) this.#encodeToQueue(next);
    return this.#queue.size > before;
  }

  #encodeToQueue(pending: PendingCall): void {
    const { limits, peerLimits, clock } = this.#connection;
    const now = clock.now();
    const sink = new GrowingSink(Math.min(limits.messageBytes, peerLimits.messageBytes), "limits.messageBytes");
    try {
      this.#codecOf(pending.remote).encode(pending.call.input, sink);
      if (pending.settled) return;
      this.#queue.push(pending, sink.taken(), now);
      if (pending.call.oneway && !pending.settled) pending.call.onAccepted?.();
    } catch (cause) {
      pending.fail(unsendable(pending.call, cause), now);
    }
  }

  #codecOf(remote: RemoteMethod): Connection["codec"] {
    const { codec } = remote;
    return codec === undefined ? this.#connection.codec : (this.#connection.codecById(codec) ?? this.#connection.codec);
  }

  #begin(call: Call, id: number, answer: Answer, totalBytes: number, bytes: Buffer, start: number, end: number): void {
    const { limits } = this.#connection;
    if (totalBytes <= limits.messageBytes) {
      this.#assemblies.begin(id, totalBytes, answer, bytes, start, end);
      return;
    }
    const message = `the answer to ${call.method.path} has ${totalBytes} bytes, above limits.messageBytes ${limits.messageBytes}`;
    this.#giveUp(
      id,
      new RpcError("resource_exhausted", message, {
        reason: "MESSAGE_TOO_LARGE",
        endpoint: this.#connection.peer.address,
      }),
    );
  }

  #settle(
    id: number,
    kind: number,
    target: number,
    codec: number,
    declared: boolean,
    bytes: Buffer,
    start: number,
    end: number,
    limits: DecodeLimits,
  ): void {
    const { readAt, peer } = this.#connection;
    const decoder = codec < 0 ? this.#codecOf(this.#inFlight.remoteOf(id)) : this.#connection.codecById(codec);
    // What breaks the protocol ends the connection, which settles this call with all others.
    if (decoder === undefined)
      throw protocolError("UNKNOWN_CODEC", `an answer is in codec ${codec}, which was not agreed`);
    if (kind === Kind.response) {
      if (id % sampled === 0) this.#usual.heard(readAt - this.#inFlight.writtenAt(id));
      try {
        this.#inFlight.succeed(id, decoder.decode(bytes, start, end, limits), readAt);
      } catch (cause) {
        const pending = this.#inFlight.take(id);
        if (pending !== undefined) {
          const error = undecodable(pending.call, peer.address, cause);
          pending.fail(withContractNote(this.#connection, pending.call, error), readAt);
        }
      }
    } else {
      const said = { kind, target, declared };
      const error = receivedError(this.#connection, decoder, said, bytes, start, end, limits);
      const pending = this.#inFlight.take(id);
      pending?.fail(withContractNote(this.#connection, pending.call, error), readAt);
    }
    this.#next();
  }

  /** A place has become free. */
  #next(): void {
    // A getter of what is being encoded may have given a call up.
    if (this.#queue.size + this.#queue.waiting > 0) this.#connection.outbox.whenShut(this.#pump);
    else if (this.#inFlight.size === 0) this.#onIdle();
  }

  #refuseUnknown(id: number): void {
    if (!this.#inFlight.issued(id))
      throw protocolError("UNKNOWN_ID", `an answer came to call ${id}, which was never made`);
    this.#connection.counters.lateAnswers++;
  }
}
