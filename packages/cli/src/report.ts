import { CliError, ExitCode } from "./cli-error.js";
import type { Io } from "./io.js";
import { tagged } from "./json/tags.js";
import { printableJson, printableLines } from "./printable.js";

/** How an error is shown. */
interface Look {
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** Returns how these arguments want errors to be shown, before they are parsed. */
export function lookOf(argv: readonly string[]): Look {
  return { json: argv.includes("--json"), verbose: argv.includes("--verbose") };
}

/** Says on stderr why a command ended, in one message, and returns its exit code. */
export function report(thrown: unknown, look: Look, io: Io): number {
  const error = io.signal.aborted ? io.signal.reason : thrown;
  const exitCode = error instanceof CliError ? error.exitCode : ExitCode.no;
  const message = error instanceof Error ? error.message : String(error);
  if (look.json) io.stderr.write(`${printableJson({ error: { message, exitCode, ...told(error) } })}\n`);
  else io.stderr.write(`rpc: ${printableLines(message)}\n`);
  if (look.verbose) io.stderr.write(`${printableLines(stacks(error))}\n`);
  else if (!(error instanceof CliError) && !look.json) io.stderr.write("(--verbose shows where it comes from)\n");
  return exitCode;
}

/** What an error of a call says beside its message. */
function told(error: unknown): object {
  const { code, reason, processed, details } = ((error as Error | undefined)?.cause ?? error ?? {}) as Record<
    string,
    unknown
  >;
  return typeof code === "string"
    ? { code, reason, processed, ...(details !== undefined && { details: tagged(details) }) }
    : {};
}

function stacks(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by: ${stacks(error.cause)}`;
}
