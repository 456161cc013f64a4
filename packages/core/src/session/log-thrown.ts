import type { Logger } from "../contract/logger.js";
import { isToldInFull } from "./fault-of.js";

const maxTextLength = 16_384;

/**
 * Logs, once and in full, what a handler threw and its caller is not told. What a handler threw as an `RpcError` was
 * meant for its caller and is not logged.
 */
export function logThrown(logger: Logger, path: string, thrown: unknown): void {
  if (isToldInFull(thrown)) return;
  logger.error(`the handler of ${path} failed`, { method: path, error: textOf(thrown) });
}

/** Logs, once and in full, what the handler of a oneway call threw, whatever it was: nobody is told of it. */
export function logUnheard(logger: Logger, path: string, thrown: unknown): void {
  logger.error(`the handler of ${path} failed, whose oneway call nobody waits for`, {
    method: path,
    error: textOf(thrown),
  });
}

/** Logs, in full, what a function of the user's threw that tells nobody else; `what` names it. */
export function logFailed(logger: Logger, what: string, thrown: unknown): void {
  logger.error(`${what} failed`, { error: textOf(thrown) });
}

/** Anything can be thrown, also what throws when it is looked at. */
function textOf(thrown: unknown): string {
  try {
    const text = thrown instanceof Error ? (thrown.stack ?? String(thrown)) : `not an Error but ${String(thrown)}`;
    return String(text).slice(0, maxTextLength);
  } catch {
    return "something that cannot be shown";
  }
}
