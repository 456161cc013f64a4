import { RpcError } from "../contract/errors.js";

/** Returns the error of a call whose streams were idle for too long. */
export function streamIdle(path: string, idleMs: number): RpcError {
  return new RpcError(
    "deadline_exceeded",
    `${path}: no item went either way for ${idleMs} ms (limits.streamIdleMs): send one now and then, or raise it on both sides`,
    { reason: "STREAM_IDLE", processed: "maybe" },
  );
}

/** Returns the error of a call whose streams are above what may be open. */
export function tooManyStreams(path: string, where: string): RpcError {
  return new RpcError("resource_exhausted", `${path}: too many streams are open: ${where}`, {
    reason: "STREAM_LIMIT",
    processed: "no",
  });
}
