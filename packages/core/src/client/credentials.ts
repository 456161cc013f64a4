import { RpcError } from "../contract/errors.js";
import type { Address } from "../contract/registry.js";
import type { Transport } from "../contract/transport.js";
import { staysHere } from "../transport/address-reach.js";

/** What a client proves itself with: text, bytes, or a function that returns them anew for each connection. */
export type CredentialsOption = string | Uint8Array | (() => string | Uint8Array | Promise<string | Uint8Array>);

/** A hello has 4 KiB, and other fields. */
const maxCredentialsBytes = 3_072;

/** Throws `invalid_argument` / `BAD_OPTION` unless these can be credentials. What was given is in no message. */
export function checkCredentials(option: unknown): void {
  if (option === undefined || typeof option === "function") return;
  const why = whyNot(option);
  if (why !== undefined) {
    throw new RpcError("invalid_argument", `connect: credentials ${why}`, { reason: "BAD_OPTION", processed: "no" });
  }
}

/**
 * Throws `failed_precondition` / `INSECURE_CREDENTIALS` where credentials would leave this machine over a connection
 * that others can read.
 */
export function checkWay(address: Address, transport: Transport): void {
  if (transport.encrypted === true || staysHere(address, transport)) return;
  throw new RpcError(
    "failed_precondition",
    `credentials are not sent to ${address}, since others could read them on the way: use tls://, or set insecure: true if that is meant`,
    { reason: "INSECURE_CREDENTIALS", processed: "no", endpoint: address },
  );
}

/** Resolves to the bytes to send in the hello. Rejects with `unavailable` / `CREDENTIALS_FAILED` where there are none to be had. */
export async function credentialsOf(option: CredentialsOption, signal: AbortSignal): Promise<Uint8Array> {
  if (typeof option !== "function") return Buffer.from(option as string);
  let given: unknown;
  try {
    given = await unlessAborted(Promise.resolve().then(option), signal);
  } catch (cause) {
    if (signal.aborted || cause instanceof RpcError) throw cause;
    throw failed("the function of the option `credentials` failed", cause);
  }
  const why = whyNot(given);
  if (why !== undefined) throw failed(`what the function of the option \`credentials\` returned ${why}`);
  return Buffer.from(given as string);
}

function whyNot(given: unknown): string | undefined {
  if (typeof given !== "string" && !(given instanceof Uint8Array)) return "is neither a string nor bytes";
  const size = typeof given === "string" ? Buffer.byteLength(given) : given.length;
  if (size === 0) return "is empty";
  return size > maxCredentialsBytes ? `has ${size} bytes, above ${maxCredentialsBytes}` : undefined;
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

function failed(message: string, cause?: unknown): RpcError {
  return new RpcError("unavailable", message, { reason: "CREDENTIALS_FAILED", processed: "no", cause });
}
