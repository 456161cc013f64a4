import type { Compression, CompressionChoice } from "../contract/compression.js";
import { RpcError } from "../contract/errors.js";
import { type BlockAlgorithm, deflate, installedLz4 } from "../wire/block-algorithm.js";

/**
 * Returns the ways to compress that the option `compression` names and this process has, the preferred one first. Throws
 * `invalid_argument` / `BAD_OPTION` where it names others, or nothing but lz4 whose package is not installed. Called once, at the entrance.
 */
export function compressionOf(
  where: string,
  choice: CompressionChoice = false,
  lz4: () => BlockAlgorithm = installedLz4,
): readonly BlockAlgorithm[] {
  const names = choice === false ? [] : typeof choice === "string" ? [choice] : choice;
  if (!Array.isArray(names) || names.some((name) => name !== "deflate" && name !== "lz4")) {
    throw badOption(
      `${where}: compression must be "deflate", "lz4", an array of them in order of preference, or false`,
    );
  }
  const wanted = [...new Set(names as readonly Compression[])];
  let missing: unknown;
  const found = wanted.flatMap((name) => {
    if (name === "deflate") return [deflate];
    try {
      return [lz4()];
    } catch (cause) {
      missing = cause;
      return [];
    }
  });
  if (wanted.length > 0 && found.length === 0) {
    const message = `${where}: compression "lz4" wants the package lz4-napi, which cannot be loaded: install lz4-napi 2.10.0, or say ["lz4", "deflate"]`;
    throw badOption(message, missing);
  }
  return found;
}

function badOption(message: string, cause?: unknown): RpcError {
  return new RpcError("invalid_argument", message, { reason: "BAD_OPTION", processed: "no", cause });
}
