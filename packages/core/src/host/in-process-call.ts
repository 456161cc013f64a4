import type { Deadlines } from "../clock/deadlines.js";
import type { Call, Invoke, Metadata, Peer } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import type { Logger } from "../contract/logger.js";
import { replyMetadataOf } from "../session/reply-metadata.js";
import { RunningCall } from "../session/running-call.js";

/** Nobody is told: what runs in one process does not end before it. */
const never = new Promise<void>(() => {});

/** Returns the caller as handlers see it, where it is in this process; `invoke` is what it offers. */
export function inThisProcess(invoke: Invoke = offersNothing): Peer {
  return Object.freeze({ address: "", instance: "", identity: undefined, ready: true, closed: never, invoke });
}

const offersNothing: Invoke = ({ method }) =>
  Promise.reject(
    new RpcError(
      "unimplemented",
      `the caller, which is in this process, offers no service "${method.service}": give createDispatcher its callerInvoke`,
      { reason: "NO_SERVICE", processed: "no", origin: "peer" },
    ),
  );

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
export function runningIn(call: Call, deadlines: Deadlines, caller: Peer): RunningCall {
  const running = new RunningCall(
    call.method,
    call.startedAt,
    call.metadata,
    call.deadline,
    call.priority,
    call.attempt,
    call.cautious,
    caller,
    0,
    0,
    -1,
    deadlines,
    call.oneway,
  );
  running.input = call.input;
  return running;
}
