import { noMetadata } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import type { Refusal } from "../overload/refusals.js";
import { codeOf, encodeFault, setRetryAfter } from "../wire/fault.js";
import { Feature } from "../wire/features.js";
import { writeMetadata } from "../wire/fields.js";
import { Flag, Kind } from "../wire/header.js";
import type { Connection } from "./connection.js";
import { GrowingSink } from "./growing-sink.js";
import { errorMetadataField, replyMetadataOf } from "./reply-metadata.js";
import type { RunningCall } from "./running-call.js";
import { Unheard } from "./unheard.js";

const maxDetailsBytes = 8_192;

/** What is said to the peer about its calls: an answer, the handler's error, or that the handler was never reached. */
export class Answers {
  /** Oneway calls: nothing is said about them. */
  readonly unheard: Unheard;
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.unheard = new Unheard(connection);
  }

  /** Sends what a handler returned; where that cannot be encoded, an error that says so, which is returned. */
  output(call: RunningCall, output: unknown): RpcError | undefined {
    if (call.oneway) return undefined;
    const { outbox, peerFlag } = this.#connection;
    try {
      const metadata = replyMetadataOf(call);
      const flags = metadata === noMetadata ? peerFlag : peerFlag | Flag.metadata;
      outbox.begin(Kind.response, call.codec < 0 ? flags : flags | Flag.codec, 0, call.id);
      if (call.codec >= 0) outbox.bytes[outbox.position++] = call.codec;
      if (metadata !== noMetadata) writeMetadata(metadata, outbox);
      outbox.body();
      this.#codecOf(call).encode(output, outbox);
      outbox.end();
      return undefined;
    } catch (cause) {
      outbox.rollback();
      return this.unencodable(call, cause);
    }
  }

  /** Says that the result of a call is open. Throws where its metadata cannot be sent. */
  opened(call: RunningCall): void {
    this.#plain(Kind.response, call);
  }

  /** Says that the result of a call has ended. Throws where its metadata cannot be sent. */
  ended(call: RunningCall): void {
    this.#plain(Kind.end, call);
  }

  /** Sends the error of a call that cannot be answered as its handler meant, and returns it. */
  unencodable(call: RunningCall, cause: unknown): RpcError {
    const error = this.#unencodable(call, cause);
    this.error(call, error);
    return error;
  }

  /** Sends an error of a call whose handler was reached. */
  error(call: RunningCall, error: RpcError): void {
    if (call.oneway) return;
    const { outbox, peerFlag, logger } = this.#connection;
    const details = this.#details(call, error);
    const metadata = errorMetadataField(call, logger);
    let flags = this.#declared(error, details) ? peerFlag | Flag.declared : peerFlag;
    const parts = [encodeFault(error, details)];
    if (metadata !== undefined) {
      flags |= Flag.metadata;
      parts.unshift(metadata);
    }
    if (details !== undefined && call.codec >= 0) {
      flags |= Flag.codec;
      parts.unshift(Buffer.from([call.codec]));
    }
    outbox.frame(Kind.error, flags, codeOf(error), call.id, parts.length === 1 ? parts[0] : Buffer.concat(parts));
  }

  /** Sends a frame with nothing but metadata. */
  #plain(kind: Kind, call: RunningCall): void {
    const { outbox, peerFlag } = this.#connection;
    const metadata = replyMetadataOf(call);
    const bare = metadata === noMetadata;
    outbox.begin(kind, bare ? peerFlag : peerFlag | Flag.metadata, 0, call.id);
    if (!bare) writeMetadata(metadata, outbox);
    outbox.end();
  }

  /** Whether the peer may make an error of its own class of it: it is whole, and of a class that was named here. */
  #declared(error: RpcError, details: Buffer | undefined): boolean {
    const { errors, features } = this.#connection;
    if ((features & Feature.errorClasses) === 0 || !errors.knows(error)) return false;
    return (details === undefined) === (error.details === undefined);
  }

  /** Sends the error of a call whose handler was not reached. */
  reject(id: number, error: RpcError): void {
    if (this.unheard.delete(id)) {
      this.unheard.turnedAway(error);
      return;
    }
    this.#connection.outbox.frame(Kind.reject, this.#connection.peerFlag, codeOf(error), id, encodeFault(error));
  }

  /** The same for one of many that are turned away: the bytes are made once, and only the wait is written anew. */
  refuse(id: number, refusal: Refusal, retryAfterMs: number): void {
    if (this.unheard.delete(id)) {
      this.unheard.turnedAway(refusal.error);
      return;
    }
    refusal.encoded ??= encodeFault(refusal.error);
    setRetryAfter(refusal.encoded, retryAfterMs);
    this.#connection.outbox.frame(
      Kind.reject,
      this.#connection.peerFlag,
      codeOf(refusal.error),
      id,
      // While another frame is being encoded this one waits, and the bytes may be changed for the next.
      this.#connection.outbox.open ? Buffer.from(refusal.encoded) : refusal.encoded,
    );
  }

  /** A detail that cannot travel must not take the error with it. */
  #details(call: RunningCall, error: RpcError): Buffer | undefined {
    if (error.details === undefined) return undefined;
    const sink = new GrowingSink(maxDetailsBytes, "what the error's details hold; their limit is fixed");
    try {
      this.#codecOf(call).encode(error.details, sink);
      return sink.taken();
    } catch (cause) {
      this.#connection.logger.warn("an error's details were left out", {
        method: call.method.path,
        reason: reasonOf(cause),
      });
      return undefined;
    }
  }

  #codecOf(call: RunningCall): Connection["codec"] {
    return call.codec < 0 ? this.#connection.codec : (this.#connection.codecById(call.codec) ?? this.#connection.codec);
  }

  #unencodable(call: RunningCall, cause: unknown): RpcError {
    const path = call.method.path;
    const why = cause instanceof RpcError ? cause.message : "";
    this.#connection.logger.error("an answer cannot be encoded", {
      method: path,
      reason: reasonOf(cause),
      detail: why,
    });
    if (cause instanceof RpcError && cause.reason === "MESSAGE_TOO_LARGE") {
      return new RpcError("resource_exhausted", `the answer of ${path}: ${cause.message}`, { reason: cause.reason });
    }
    if (cause instanceof RpcError && cause.reason === "STREAM_NOT_DECLARED") {
      const message = `the handler of ${path} returned a stream, and its method declares none: stream: "server" or "duplex"`;
      return new RpcError("internal", message, { reason: "STREAM_RETURNED" });
    }
    return new RpcError("internal", `the answer of ${path} cannot be encoded; its server's log says why`, {
      reason: "ENCODE_FAILED",
    });
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof RpcError ? cause.reason : "THROWN";
}
