import { readFile } from "node:fs/promises";
import { RpcError } from "../contract/errors.js";

/**
 * Where a certificate or key comes from: PEM text, a file that holds it, or a function that returns it. Files and
 * functions are asked again while the process runs, so that what they hold can be replaced.
 */
export type PemSource =
  | string
  | Uint8Array
  | { readonly file: string }
  | (() => string | Uint8Array | Promise<string | Uint8Array>);

const begins = "-----BEGIN ";

/** Throws `invalid_argument` / `BAD_OPTION` unless this can be a source. What was given is in no message: it may be a key. */
export function checkPemSource(option: string, source: PemSource | undefined): void {
  if (source === undefined || typeof source === "function") return;
  if (typeof source === "object" && source !== null && "file" in source) {
    if (typeof source.file === "string" && source.file !== "") return;
    throw badPem(option, "names no file");
  }
  if (typeof source === "string" || source instanceof Uint8Array) {
    if (Buffer.from(source as string).includes(begins)) return;
    throw badPem(option, "is not PEM text; for a file write { file: path }");
  }
  throw badPem(option, "must be PEM text, { file: path }, or a function that returns PEM text");
}

/** Resolves to the PEM text that a source holds now. Rejects with an `RpcError` that names the option, and the file if it is one. */
export async function readPem(option: string, source: PemSource | undefined): Promise<string | undefined> {
  if (source === undefined) return undefined;
  const where = typeof source === "object" && "file" in source ? ` (${source.file})` : "";
  let text: string;
  try {
    text = Buffer.from((await given(source)) as string).toString();
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException | undefined)?.code ?? "it threw";
    throw badPem(option, `${where} cannot be read: ${why}`, cause);
  }
  if (!text.includes(begins)) throw badPem(option, `${where} holds no PEM text`);
  return text;
}

async function given(source: PemSource): Promise<string | Uint8Array> {
  if (typeof source === "function") return source();
  return typeof source === "object" && "file" in source ? readFile(source.file) : source;
}

export function badPem(option: string, why: string, cause?: unknown): RpcError {
  return new RpcError("invalid_argument", `tls: ${option} ${why}`.replaceAll("  ", " "), {
    reason: "BAD_OPTION",
    processed: "no",
    cause,
  });
}
