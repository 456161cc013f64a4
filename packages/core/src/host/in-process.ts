import { type Deadlines, deadlinesOf } from "../clock/deadlines.js";
import { type Call, type Carrier, type Invoke, type Metadata, noMetadata, type Peer } from "../contract/call.js";
import type { Clock } from "../contract/clock.js";
import { type Processed, RpcError } from "../contract/errors.js";
import type { Logger } from "../contract/logger.js";
import type { ErrorClasses } from "../session/error-classes.js";
import { faultOf } from "../session/fault-of.js";
import { logThrown, logUnheard } from "../session/log-thrown.js";
import { errorMetadataOf, replyMetadataOf } from "../session/reply-metadata.js";
import { RunningCall } from "../session/running-call.js";

const thisProcess: Peer = Object.freeze({ address: "", instance: "" });

/** Tells the handler when its caller has gone. */
class Running implements Carrier {
  readonly call: RunningCall;

  constructor(call: RunningCall) {
    this.call = call;
  }

  giveUp(error: RpcError): Processed {
    this.call.abort(error);
    return "maybe";
  }
}

/**
 * Returns what a client within the process calls: the handler sees a call of its own, as it would over a connection,
 * and the caller sees of an error what it would see over one. Arguments and answers are passed as they are.
 */
export function inProcess(invoke: Invoke, logger: Logger, clock: Clock, classes: ErrorClasses): Invoke {
  const deadlines = deadlinesOf(clock);
  return async (call) => {
    const running = runningCall(call, deadlines);
    if (call.oneway) {
      void runOneway(invoke, running, logger);
      return undefined;
    }
    call.carrier = new Running(running);
    call.idempotent = call.method.idempotent;
    try {
      const output = await invoke(running);
      if (running.replyMetadata !== noMetadata) call.replyMetadata = sendable(running, logger);
      return output;
    } catch (thrown) {
      logThrown(logger, call.method.path, thrown);
      call.replyMetadata = errorMetadataOf(running, logger);
      const fault = faultOf(thrown, call.method.path, classes);
      throw classes.knows(fault) ? classes.revive(fault) : fault;
    } finally {
      call.processed = "yes";
      running.finish();
      call.carrier = undefined;
    }
  };
}

/** Nobody waits for the handler, and nothing stops it but its deadline. */
async function runOneway(invoke: Invoke, running: RunningCall, logger: Logger): Promise<void> {
  try {
    await invoke(running);
  } catch (thrown) {
    logUnheard(logger, running.method.path, thrown);
  } finally {
    running.finish();
  }
}

function sendable(running: RunningCall, logger: Logger): Metadata {
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

function runningCall(call: Call, deadlines: Deadlines): RunningCall {
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
