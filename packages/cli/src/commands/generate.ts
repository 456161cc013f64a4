import type { GenerateError, GenerateOptions, GenerateResult, Run } from "@rpc/codegen";
import type { Command } from "commander";
import { CliError, ExitCode } from "../cli-error.js";
import type { Args } from "../command.js";
import type { Io } from "../io.js";
import { report } from "../report.js";

interface Options {
  readonly project?: string;
  readonly out?: string;
  readonly check?: boolean;
  readonly watch?: boolean;
  readonly cache?: boolean;
}

export function declare(command: Command): void {
  command
    .argument("[sources...]", "files and folders with @Service classes (default: the project's, without its tests)")
    .option("--project <tsconfig>", "by which sources are read (default: tsconfig.json)")
    .option("--out <folder>", "for clients and contract.json (default: src/generated)")
    .option("--check", "write nothing; exit with 1 where something is out of date")
    .option("--watch", "go on, and generate again when a source changes")
    .option("--no-cache", "read everything again (default: what has not changed is kept in node_modules/.cache)")
    .addHelpText("after", "\nSources are read by the TypeScript compiler; nothing of them runs.");
}

export async function run({ operands, options, json, verbose }: Args<Options>, io: Io): Promise<number> {
  const { watch: watching = false, ...rest } = options;
  if (watching && rest.check === true)
    throw new CliError("--check and --watch exclude each other: a check is done once");
  const settings: GenerateOptions = { cwd: io.cwd, ...rest, sources: operands, signal: io.signal };
  const { generate, watch } = await import("@rpc/codegen");
  const told = (result: GenerateResult): void => {
    io.stdout.write(json ? `${JSON.stringify(shown(result))}\n` : `${words(result, rest.check === true)}\n`);
  };
  if (watching) {
    await watch({ ...settings, signal: io.signal }, (run: Run) => {
      if ("result" in run) told(run.result);
      else report(refusal(run.error), { json, verbose }, io);
    });
    return ExitCode.ok;
  }
  const result = await generate(settings).catch((error: unknown) => {
    throw io.signal.aborted ? io.signal.reason : refusal(error);
  });
  told(result);
  return result.upToDate ? ExitCode.ok : ExitCode.no;
}

/** What cannot be generated is bad input: the message says where and what to do, and a stack would say nothing more. */
function refusal(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== "GenerateError") return error;
  const { length } = (error as GenerateError).refusals;
  return new CliError(
    length === 1 ? error.message : `nothing was written, for ${length} reasons:\n${error.message}`,
    ExitCode.usage,
  );
}

function shown({ services, written, removed, unchanged, upToDate, warnings }: GenerateResult): object {
  return { services, written, removed, unchanged, upToDate, warnings };
}

function words({ services, written, removed, upToDate, warnings }: GenerateResult, check: boolean): string {
  const lines = [
    ...warnings.map((warning) => `warning: ${warning}`),
    ...written.map((file) => (check ? `out of date: ${file}` : `wrote ${file}`)),
    ...removed.map((file) => (check ? `no longer generated: ${file}` : `removed ${file}`)),
  ];
  const count = `${services.length} ${services.length === 1 ? "service" : "services"}`;
  if (!upToDate) return [...lines, `${count}: not up to date, run rpc generate`].join("\n");
  return [...lines, lines.length > warnings.length ? count : `${count}: up to date`].join("\n");
}
