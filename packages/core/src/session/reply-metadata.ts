import { type Call, type Metadata, noMetadata } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import type { Logger } from "../contract/logger.js";
import { checkMetadata, maxMetadataBytes, writeMetadata } from "../wire/fields.js";
import { GrowingSink } from "./growing-sink.js";

/**
 * Returns what a handler set beside its answer as it may be sent: a copy, within the limits. Throws `internal` /
 * `ENCODE_FAILED`, naming what is wrong, where it cannot be sent.
 */
export function replyMetadataOf(call: Call): Metadata {
  const given: unknown = call.replyMetadata;
  if (given === noMetadata) return noMetadata;
  try {
    if (typeof given !== "object" || given === null) throw notText();
    // Read once: a getter must not say one thing to who checks it and another to who writes it.
    const copy = Object.assign(Object.create(null) as Record<string, string>, given);
    checkMetadata(copy);
    return copy;
  } catch (cause) {
    // What is sent instead must not fail, and be logged, for the same reason.
    call.replyMetadata = noMetadata;
    const why = cause instanceof RpcError ? cause.message : "it cannot be read";
    throw new RpcError("internal", `replyMetadata of ${call.method.path} cannot be sent: ${why}`, {
      reason: "ENCODE_FAILED",
      cause,
    });
  }
}

/** The same of an error's answer, which must not be lost with its metadata: what cannot be sent is logged and left out. */
export function errorMetadataOf(call: Call, logger: Logger): Metadata {
  try {
    return replyMetadataOf(call);
  } catch (cause) {
    logger.warn("an error's metadata was left out", {
      method: call.method.path,
      detail: cause instanceof RpcError ? cause.message : "",
    });
    return noMetadata;
  }
}

/** Returns the field of an error's metadata; undefined where it has none. */
export function errorMetadataField(call: Call, logger: Logger): Buffer | undefined {
  const metadata = errorMetadataOf(call, logger);
  if (metadata === noMetadata) return undefined;
  const field = new GrowingSink(2 + maxMetadataBytes, "metadata's limit, which is fixed");
  writeMetadata(metadata, field);
  return field.taken();
}

function notText(): RpcError {
  return new RpcError("internal", "it must be an object of strings", { reason: "BAD_METADATA" });
}
