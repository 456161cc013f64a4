import { RpcError } from "../contract/errors.js";

/** Returns the error of bytes that are not what the codec reads. `what` never quotes them; `cause` stays in this process. */
export function malformed(what: string, cause?: unknown): RpcError {
  return refusal("MALFORMED", `the message cannot be decoded: ${what}`, cause);
}

/** Returns the error of a message that nests deeper than `DecodeLimits.depth`. */
export function tooDeep(depth: number): RpcError {
  return refusal("DEPTH_LIMIT", `the message nests deeper than ${depth} levels: send flatter values`);
}

/** Returns the error of a message that holds more than `DecodeLimits.elements`. */
export function tooMany(elements: number): RpcError {
  return refusal(
    "ELEMENT_LIMIT",
    `the message holds more than ${elements} elements: send less at once, tables as arrays and large dictionaries as a Map`,
  );
}

function refusal(reason: string, message: string, cause?: unknown): RpcError {
  return new RpcError("invalid_argument", message, { reason, processed: "no", cause });
}
