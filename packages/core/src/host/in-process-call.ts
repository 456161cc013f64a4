import type { Deadlines } from "../clock/deadlines.js";
import type { Call, Metadata, Peer } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import type { Logger } from "../contract/logger.js";
import { replyMetadataOf } from "../session/reply-metadata.js";
import { RunningCall } from "../session/running-call.js";

const thisProcess: Peer = Object.freeze({ address: "", instance: "" });

/** Returns what the handler set beside its answer. Throws `internal` / `ENCODE_FAILED`, and logs why, where it cannot be sent. */
export function sendableMetadata(running: RunningCall, logger: Logger): Metadata {
  try {
    return replyMetadataOf(running);
  } catch (cause) {
    const detail = cause instanceof RpcError ? cause.message : "";
    logger.error("an answer cannot be encoded", { method: running.method.path, reason: "ENCODE_FAILED", detail });
    throw new RpcError(
      "internal",
      `the answer of ${running.method.path} cannot be encoded; its server's log says why`,
      {
        reason: "ENCODE_FAILED",
      },
    );
  }
}

/** Returns a call within the process as its handler sees it. */
export function runningIn(call: Call, deadlines: Deadlines): RunningCall {
  const running = new RunningCall(
    call.method,
    call.startedAt,
    call.metadata,
    call.deadline,
    call.priority,
    call.attempt,
    call.cautious,
    thisProcess,
    0,
    0,
    -1,
    deadlines,
    call.oneway,
  );
  running.input = call.input;
  return running;
}
