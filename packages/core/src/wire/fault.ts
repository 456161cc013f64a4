import { Code, codeName } from "../contract/code.js";
import { type Processed, RpcError } from "../contract/errors.js";
import { protocolError } from "./protocol-error.js";

/**
 * The body of error, reject and close frames; the code stands in the header's target.
 *
 *     size  field
 *        1  processed      0 no, 1 maybe, 2 yes
 *        4  retryAfterMs   0xFFFFFFFF: nothing is asked
 *      1+n  reason         length, ASCII
 *      2+n  message        length, UTF-8, at most 1 KiB
 *     rest  details        in the call's codec; empty: none
 */
const certainties: readonly Processed[] = ["no", "maybe", "yes"];
const noRetryAfter = 0xffff_ffff;
export const maxMessageBytes = 1_024;
const maxReasonBytes = 64;

/** Encodes what may leave this process of an error: never its stack or cause. */
export function encodeFault(error: RpcError, details?: Buffer): Buffer {
  const reason = Buffer.from(error.reason.slice(0, maxReasonBytes), "latin1");
  const message = clipped(error.message);
  const body = Buffer.allocUnsafe(8 + reason.length + message.length + (details?.length ?? 0));
  let at = body.writeUInt8(certainties.indexOf(error.processed), 0);
  at = body.writeUInt32BE(retryAfter(error), at);
  at = body.writeUInt8(reason.length, at);
  at += reason.copy(body, at);
  at = body.writeUInt16BE(message.length, at);
  at += message.copy(body, at);
  details?.copy(body, at);
  return body;
}

/** Changes the wait, in ms, that an encoded fault asks for. */
export function setRetryAfter(body: Buffer, retryAfterMs: number): void {
  body.writeUInt32BE(Math.min(Math.round(retryAfterMs), noRetryAfter - 1), 1);
}

/** What was read of a fault: the error, and where its details lie. */
export interface Fault {
  readonly error: RpcError;
  readonly detailsStart: number;
}

/** Reads a fault. `describe` makes the error once its parts are known. Throws `RpcError` where it is malformed. */
export function decodeFault(
  code: number,
  bytes: Buffer,
  start: number,
  end: number,
  endpoint: string | undefined,
): Fault {
  const reasonAt = start + 6;
  const reasonEnd = reasonAt <= end ? reasonAt + bytes[start + 5]! : Infinity;
  const messageAt = reasonEnd + 2;
  const messageEnd = messageAt <= end ? messageAt + bytes.readUInt16BE(reasonEnd) : Infinity;
  const processed = certainties[bytes[start] ?? -1];
  if (messageEnd > end || processed === undefined || messageEnd - messageAt > maxMessageBytes) {
    throw protocolError("MALFORMED_FRAME", "an error frame is malformed");
  }
  const wait = bytes.readUInt32BE(start + 1);
  const error = withoutStack(
    () =>
      new RpcError(codeName(code), bytes.toString("utf8", messageAt, messageEnd), {
        reason: bytes.toString("latin1", reasonAt, reasonEnd),
        processed,
        retryAfterMs: wait === noRetryAfter ? undefined : wait,
        origin: "peer",
        endpoint,
      }),
  );
  return { error, detailsStart: messageEnd };
}

/** The header's target for an error. */
export function codeOf(error: RpcError): number {
  return Object.hasOwn(Code, error.code) ? Code[error.code] : Code.unknown;
}

/** A stack of our own read loop tells nobody anything and costs more than the call did. */
export function withoutStack<T>(make: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

function retryAfter(error: RpcError): number {
  const wait = error.retryAfterMs;
  return wait === undefined || !(wait >= 0) ? noRetryAfter : Math.min(Math.round(wait), noRetryAfter - 1);
}

function clipped(message: string): Buffer {
  const bytes = Buffer.from(message.slice(0, maxMessageBytes), "utf8");
  if (bytes.length <= maxMessageBytes) return bytes;
  let end = maxMessageBytes;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
