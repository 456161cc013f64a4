import type { Call } from "../contract/call.js";
import type { Codec, DecodeLimits } from "../contract/codec.js";
import { RpcError } from "../contract/errors.js";
import { decodeFault } from "../wire/fault.js";
import { Kind } from "../wire/header.js";
import { protocolError } from "../wire/protocol-error.js";
import type { Connection } from "./connection.js";

/** Returns the error of a call that is made elsewhere, since the peer is silent. */
export function silent(endpoint: string): RpcError {
  return new RpcError("unavailable", `${endpoint} is silent: the call was moved elsewhere`, {
    reason: "SUSPECT",
    processed: "maybe",
    endpoint,
  });
}

/** Returns the error of a call that was not written before its deadline. */
export function expired(call: Call): RpcError {
  return new RpcError(
    "deadline_exceeded",
    `${call.method.path} was not sent before its deadline: it waited for room on the connection; call less at once, or raise timeoutMs`,
    {
      reason: "DEADLINE_EXCEEDED",
      processed: "no",
    },
  );
}

/** Returns what was wrong with the arguments, the message's own words kept where they are ours. */
export function unsendable(call: Call, cause: unknown): RpcError {
  const path = call.method.path;
  if (cause instanceof RpcError) {
    return new RpcError(cause.code, `${path}: ${cause.message}`, { reason: cause.reason, processed: "no", cause });
  }
  return new RpcError("invalid_argument", `${path}: its arguments cannot be encoded`, {
    reason: "ENCODE_FAILED",
    processed: "no",
    cause,
  });
}

/** Returns the error of a call whose answer came and cannot be decoded. */
export function undecodable(call: Call, endpoint: string, cause: unknown): RpcError {
  const reason = cause instanceof RpcError ? cause.reason : "DECODE_FAILED";
  const why = cause instanceof RpcError ? `: ${cause.message}` : "";
  return new RpcError("internal", `the answer to ${call.method.path} cannot be decoded${why}`, {
    reason,
    processed: "yes",
    endpoint,
    cause,
  });
}

/** Reads an error or a reject. Details that cannot be decoded do not take the error with them. Throws where it is malformed. */
export function receivedError(
  connection: Connection,
  decoder: Codec,
  { kind, target, declared }: { readonly kind: number; readonly target: number; readonly declared: boolean },
  bytes: Buffer,
  start: number,
  end: number,
  limits: DecodeLimits,
): RpcError {
  const { error, detailsStart } = decodeFault(target, bytes, start, end, connection.peer.address);
  if ((kind === Kind.reject) !== (error.processed === "no"))
    throw protocolError("MALFORMED_FRAME", "a reject says that the handler ran, or an error that it did not");
  if (detailsStart === end) return declared ? connection.errors.revive(error) : error;
  const whole = withDetails(error, decoder, bytes, detailsStart, end, limits);
  // Without the details it was sent with it is not what its class promises.
  return declared && whole !== error ? connection.errors.revive(whole) : whole;
}

function withDetails(
  error: RpcError,
  decoder: Codec,
  bytes: Buffer,
  start: number,
  end: number,
  limits: DecodeLimits,
): RpcError {
  let details: unknown;
  try {
    details = decoder.decode(bytes, start, end, limits);
  } catch {
    return error;
  }
  const { code, message, reason, processed, retryAfterMs, endpoint } = error;
  return new RpcError(code, message, { reason, processed, retryAfterMs, endpoint, details, origin: "peer" });
}
