import { CliError, ExitCode } from "./cli-error.js";

/** An error of a call, be it this copy of `@rpc/core`'s or that of the user's project. */
interface CallError extends Error {
  readonly code: string;
  readonly reason: string;
  readonly processed: string;
  readonly origin: string;
  readonly endpoint?: string;
  readonly attempts: number;
  readonly details?: unknown;
}

export function isCallError(error: unknown): error is CallError {
  return error instanceof Error && typeof (error as Partial<CallError>).processed === "string";
}

/** Returns what a failed call is to its user: why, and with which exit code. What is no error of a call is returned as it is. */
export function failure(doing: string, error: unknown): unknown {
  if (error instanceof CliError || !isCallError(error)) return error;
  const { message, code, reason, processed } = error;
  const hint = hints[reason] === undefined ? "" : `\n${hints[reason]}`;
  // What a peer says of itself is an answer; what this side says, unavailable, means that there was none.
  const none = code === "unavailable" || (code === "deadline_exceeded" && processed === "no");
  const unreachable = none && reason !== "UNAUTHENTICATED" && error.origin === "local" && processed !== "yes";
  return new CliError(
    `${doing} failed: ${message} (${code} / ${reason}, processed: ${processed})${hint}`,
    unreachable ? ExitCode.unreachable : ExitCode.no,
    { cause: error },
  );
}

/** What to do in the words of the command line, where the error says it in those of `connect`. */
const hints: Readonly<Record<string, string>> = {
  INSECURE_CREDENTIALS: "--insecure sends the token all the same",
  UNAUTHENTICATED: "the token is read from --token-file, or from $RPC_TOKEN",
};
