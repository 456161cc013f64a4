import type { Call, Reply } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import { type ClientCallEvent, diagnostics } from "../session/diagnostics.js";

/** Returns what `onReply` is told of a call. */
export function replyOf({ replyMetadata, endpoint, attempt }: Call): Reply {
  return { metadata: replyMetadata, endpoint, attempts: attempt };
}

/** Tells who listens how a call ended; `thrown` is undefined where it succeeded. To be called only where somebody does. */
export function publishOutcome(call: Call, thrown: unknown, durationMs: number): void {
  const error = thrown instanceof RpcError ? thrown : undefined;
  const event: ClientCallEvent = {
    path: call.method.path,
    code: thrown === undefined ? "ok" : (error?.code ?? "unknown"),
    reason: error?.reason,
    processed: error?.processed ?? "yes",
    durationMs,
    attempts: call.attempt,
    endpoint: call.endpoint?.address,
  };
  diagnostics.clientCall.publish(event);
}
