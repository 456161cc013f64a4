import { deadlinesOf } from "../clock/deadlines.js";
import { type Call, type Carrier, type Invoke, noMetadata } from "../contract/call.js";
import type { Clock } from "../contract/clock.js";
import { type Processed, RpcError } from "../contract/errors.js";
import type { Logger } from "../contract/logger.js";
import { isStream } from "../items/is-stream.js";
import type { ErrorClasses } from "../session/error-classes.js";
import { faultOf } from "../session/fault-of.js";
import { logThrown, logUnheard } from "../session/log-thrown.js";
import { errorMetadataOf } from "../session/reply-metadata.js";
import type { RunningCall } from "../session/running-call.js";
import { inThisProcess, runningIn, sendableMetadata } from "./in-process-call.js";
import { PassedStream } from "./passed-stream.js";

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
export function inProcess(
  invoke: Invoke,
  logger: Logger,
  clock: Clock,
  classes: ErrorClasses,
  callerInvoke: Invoke | undefined,
): Invoke {
  const deadlines = deadlinesOf(clock);
  const caller = inThisProcess(callerInvoke);
  return async (call) => {
    if (call.method.kind !== "unary") return new PassedStream(call, deadlines, logger, classes, caller).run(invoke);
    if (call.input.some(isStream)) throw notDeclared(call);
    const running = runningIn(call, deadlines, caller);
    if (call.oneway) {
      void runOneway(invoke, running, logger);
      return undefined;
    }
    call.carrier = new Running(running);
    call.idempotent = call.method.idempotent;
    try {
      const output = await invoke(running);
      if (isStream(output)) throw streamReturned(call);
      if (running.replyMetadata !== noMetadata) call.replyMetadata = sendableMetadata(running, logger);
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

function notDeclared({ method }: Call): RpcError {
  const message = `${method.path} was given a stream, and its method declares none: stream: "client" or "duplex"`;
  return new RpcError("invalid_argument", message, { reason: "STREAM_NOT_DECLARED", processed: "no" });
}

function streamReturned({ method }: Call): RpcError {
  const message = `the handler of ${method.path} returned a stream, and its method declares none: stream: "server" or "duplex"`;
  return new RpcError("internal", message, { reason: "STREAM_RETURNED" });
}
