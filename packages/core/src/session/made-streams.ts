import { type Call, noMetadata, type Receiver } from "../contract/call.js";
import type { Codec, DecodeLimits } from "../contract/codec.js";
import { type Processed, RpcError } from "../contract/errors.js";
import { isStream } from "../items/is-stream.js";
import { Feature } from "../wire/features.js";
import { Fields, priorityBits, writeMetadata } from "../wire/fields.js";
import { Flag, Kind } from "../wire/header.js";
import { protocolError } from "../wire/protocol-error.js";
import { type Assemblies, ownedLimits } from "./assembly.js";
import { expired, receivedError, undecodable, unsendable } from "./call-errors.js";
import type { Connection } from "./connection.js";
import { withContractNote } from "./contract-notes.js";
import { MadeStream, type MadeStreamsOwner } from "./made-stream.js";
import type { Answer, Elsewhere } from "./outgoing.js";
import type { Tracker } from "./pending-call.js";
import type { RemoteMethod } from "./remote-service.js";
import { tooManyStreams } from "./stream-errors.js";
import type { StreamParts } from "./stream-parts.js";

/** Thrown, and caught here, where a call was given up while it was encoded. */
const givenUp = new Error("given up");
/** The last place among the arguments that a stream may have: it is one byte. */
const lastPlace = 254;

/** What calls with streams ask of the other calls that were made on their connection. */
export interface Ids {
  nextId(): number;
  readonly assemblies: Assemblies<Answer>;
}

/** The calls with streams that we made on a connection. */
export class MadeStreams implements Elsewhere, MadeStreamsOwner {
  /** Those that were written, by their ids. */
  readonly calls = new Map<number, MadeStream>();
  readonly connection: Connection;
  readonly streaming: StreamParts;
  readonly #ids: Ids;
  readonly #onIdle: () => void;
  readonly #fields = new Fields();
  /** Not written yet. */
  readonly #waiting = new Set<MadeStream>();
  /** Streams of those calls. */
  open = 0;
  readonly #pump = (): void => this.pump();

  /** `onIdle` is called whenever no call is left. */
  constructor(connection: Connection, streaming: StreamParts, ids: Ids, onIdle: () => void) {
    this.connection = connection;
    this.streaming = streaming;
    this.#ids = ids;
    this.#onIdle = onIdle;
  }

  /** Calls that are not over. */
  get pending(): number {
    return this.#waiting.size + this.calls.size;
  }

  /** Calls that the peer has said nothing of. */
  get owed(): boolean {
    for (const call of this.calls.values()) if (call.owed) return true;
    return false;
  }

  /** Sends a call; `receiver` is told that it was opened, or how it ended. */
  send(call: Call, remote: RemoteMethod, tracker: Tracker | undefined, receiver: Receiver): void {
    remote.counters.calls++;
    if (call.attempt > 1) remote.counters.retries++;
    const made = new MadeStream(this, call, remote, this.#codecOf(remote), placesOf(call), tracker, receiver);
    const refusal = this.#refusal(made);
    this.open += made.streams;
    if (refusal !== undefined) {
      made.fail(refusal);
      return;
    }
    call.carrier = made;
    if (this.#waiting.size === 0 && this.#mayWrite) this.#write(made);
    else this.#wait(made);
  }

  /** Writes what waits while there is room. */
  pump(): void {
    for (const made of this.#waiting) {
      if (!this.#mayWrite) return;
      this.#waiting.delete(made);
      this.#write(made);
      if (this.#waiting.has(made)) return;
    }
  }

  onAnswer(
    kind: number,
    flags: number,
    target: number,
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): boolean {
    const made = this.calls.get(id);
    if (made === undefined) return false;
    const { assemblies } = this.#ids;
    assemblies.refuseAnother(id);
    const fields = this.#fields;
    const at = fields.read(flags, bytes, start, end);
    const { codec, metadata } = fields;
    const answer: Answer = { kind, target, codec, metadata, declared: (flags & Flag.declared) !== 0 };
    if ((flags & Flag.more) === 0) {
      this.#settle(made, answer, bytes, at, end, this.connection.limits);
    } else if (fields.totalBytes <= this.connection.limits.messageBytes) {
      assemblies.begin(id, fields.totalBytes, answer, bytes, at, end);
    } else {
      const message = `the answer to ${made.path} has ${fields.totalBytes} bytes, above limits.messageBytes ${this.connection.limits.messageBytes}`;
      made.giveUp(
        new RpcError("resource_exhausted", message, {
          reason: "MESSAGE_TOO_LARGE",
          endpoint: this.connection.peer.address,
        }),
      );
    }
    return true;
  }

  onWhole(id: number, answer: Answer, body: Buffer): void {
    const made = this.calls.get(id);
    if (made !== undefined) this.#settle(made, answer, body, 0, body.length, ownedLimits(this.connection.limits));
  }

  /** Takes the end of a result. */
  onEnd(flags: number, target: number, id: number, bytes: Buffer, start: number, end: number): void {
    const { connection } = this;
    const made = this.calls.get(id);
    if (made === undefined) {
      connection.rates.count("frames that say nothing", connection.readAt);
      return;
    }
    if (target !== 0 || made.owed)
      throw protocolError("UNKNOWN_STREAM", `stream ${target} of a call ended, which was never opened`);
    this.#fields.read(flags, bytes, start, end);
    made.ended(this.#fields.metadata);
  }

  /** The peer closes: what it has not read never ran. What it has read goes on. */
  onFinalDrain(lastId: number): void {
    for (const made of this.#waiting) made.fail(this.#draining());
    for (const made of this.calls.values()) if (made.id > lastId) made.fail(this.#draining());
  }

  /** The connection is gone. */
  onClosed(error: RpcError): void {
    const { outbox, peer } = this.connection;
    const lost = (processed: Processed): RpcError =>
      new RpcError(error.code, error.message, {
        reason: error.reason,
        processed,
        retryAfterMs: error.retryAfterMs,
        endpoint: peer.address,
        origin: error.origin,
        cause: error,
      });
    for (const made of this.#waiting) made.fail(lost("no"));
    for (const made of this.calls.values()) made.fail(lost(outbox.withdraw(made.id, Kind.request) ? "maybe" : "no"));
  }

  onOver(made: MadeStream): void {
    this.open -= made.streams;
    this.#waiting.delete(made);
    if (made.id !== 0) {
      this.calls.delete(made.id);
      this.#ids.assemblies.drop(made.id);
    }
    this.streaming.countOpen();
    if (this.pending === 0) this.#onIdle();
  }

  get #mayWrite(): boolean {
    const { outbox } = this.connection;
    return !outbox.full && !outbox.open;
  }

  #wait(made: MadeStream): void {
    this.#waiting.add(made);
    // A getter of what is being encoded may have made this call.
    if (this.connection.outbox.open) this.connection.outbox.whenShut(this.#pump);
  }

  #refusal(made: MadeStream): RpcError | undefined {
    const { connection } = this;
    const { path } = made;
    const { address } = connection.peer;
    if ((connection.features & Feature.streams) === 0) {
      const message = `${path}: ${address} takes no streams, since it speaks an older protocol`;
      return new RpcError("unimplemented", message, { reason: "NO_STREAMS", processed: "no", endpoint: address });
    }
    if (made.places.some((place) => place > lastPlace)) {
      const message = `${path}: a stream is its argument ${made.places.at(-1)! + 1}, and streams are among the first ${lastPlace + 1} only`;
      return new RpcError("invalid_argument", message, { reason: "STREAM_LIMIT", processed: "no" });
    }
    const most = Math.min(connection.limits.streams, connection.peerLimits.streams);
    if (this.open + made.streams <= most) return undefined;
    return tooManyStreams(path, `${this.open} on the connection to ${address}, and limits.streams is ${most}`);
  }

  #write(made: MadeStream): void {
    const { call } = made;
    const { outbox, clock } = this.connection;
    const now = clock.now();
    if (call.deadline <= now) {
      made.fail(expired(call));
      return;
    }
    const id = this.#ids.nextId();
    try {
      this.#encode(made, id, Math.floor(call.deadline - now));
      if (!outbox.mayEnd) {
        outbox.rollback();
        this.#waiting.add(made);
        return;
      }
      outbox.end();
    } catch (cause) {
      outbox.rollback();
      made.fail(unsendable(call, cause));
      return;
    }
    this.calls.set(id, made);
    this.streaming.countOpen();
    made.written(id, now);
  }

  #encode(made: MadeStream, id: number, leftMs: number): void {
    const { call, remote, codec, places } = made;
    const { outbox, ownFlag } = this.connection;
    const bits = priorityBits(call.priority, call.attempt, call.cautious);
    const timed = call.deadline !== Number.POSITIVE_INFINITY;
    let flags = ownFlag | (timed ? remote.flags : remote.flags & ~Flag.time);
    if (bits !== 0) flags |= Flag.priority;
    if (call.metadata !== noMetadata) flags |= Flag.metadata;
    outbox.begin(Kind.request, flags, remote.index, id);
    if (timed) outbox.position = outbox.bytes.writeUInt32BE(Math.min(leftMs, 0xffff_ffff), outbox.position);
    if (remote.codec !== undefined) outbox.bytes[outbox.position++] = remote.codec;
    if (bits !== 0) outbox.bytes[outbox.position++] = bits;
    if (call.metadata !== noMetadata) writeMetadata(call.metadata, outbox);
    outbox.body();
    if (call.method.kind !== "server") {
      outbox.reserve(1 + places.length);
      outbox.bytes[outbox.position++] = places.length;
      for (const place of places) outbox.bytes[outbox.position++] = place;
    }
    codec.encode(withoutStreams(call.input, places, codec), outbox);
    if (made.over) throw givenUp;
  }

  #settle(made: MadeStream, answer: Answer, bytes: Buffer, start: number, end: number, limits: DecodeLimits): void {
    const { kind, codec, metadata } = answer;
    const decoder = codec < 0 ? made.codec : this.connection.codecById(codec);
    if (decoder === undefined)
      throw protocolError("UNKNOWN_CODEC", `an answer is in codec ${codec}, which was not agreed`);
    if (kind !== Kind.response) {
      const error = receivedError(this.connection, decoder, answer, bytes, start, end, limits);
      made.fail(withContractNote(this.connection, made.call, error), metadata);
    } else if (made.call.method.kind !== "client") {
      if (!made.owed) throw protocolError("UNEXPECTED_FRAME", "a stream was opened twice");
      made.opened(metadata);
    } else {
      if (metadata !== noMetadata) made.call.replyMetadata = metadata;
      this.#succeed(made, decoder, bytes, start, end, limits);
    }
  }

  #succeed(made: MadeStream, decoder: Codec, bytes: Buffer, start: number, end: number, limits: DecodeLimits): void {
    let output: unknown;
    try {
      output = decoder.decode(bytes, start, end, limits);
    } catch (cause) {
      const error = undecodable(made.call, this.connection.peer.address, cause);
      made.fail(withContractNote(this.connection, made.call, error));
      return;
    }
    made.succeed(output);
  }

  #codecOf({ codec }: RemoteMethod): Codec {
    return codec === undefined ? this.connection.codec : (this.connection.codecById(codec) ?? this.connection.codec);
  }

  #draining(): RpcError {
    const { address } = this.connection.peer;
    return new RpcError("unavailable", `${address} is shutting down and did not begin this call`, {
      reason: "DRAINING",
      processed: "no",
      endpoint: address,
    });
  }
}

/** Returns the places of those arguments that are streams. */
function placesOf({ method, input }: Call): number[] {
  if (method.kind === "server") return [];
  const places: number[] = [];
  for (const [place, value] of input.entries()) if (isStream(value)) places.push(place);
  return places;
}

/** Returns the argument list as it is encoded: nulls in place of streams. */
function withoutStreams(input: readonly unknown[], places: readonly number[], codec: Codec): readonly unknown[] {
  if (places.length === 0) return input;
  if (codec.single === true) return input.filter((_, place) => !places.includes(place));
  return input.map((value, place) => (places.includes(place) ? null : value));
}
