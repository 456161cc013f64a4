import { CommanderError } from "commander";
import { CliError, ExitCode } from "./cli-error.js";
import { commandOf, listed } from "./commands.js";
import { createProgram } from "./create-program.js";
import type { Io } from "./io.js";
import { lookOf, report } from "./report.js";

/** Runs `rpc` with these arguments. Resolves to the exit code, when all that it opened is closed; never rejects. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const look = lookOf(argv);
  try {
    const name = commandOf(argv);
    if (name === undefined && (argv.includes("--version") || argv.includes("-V"))) return await printVersion(io);
    return await parse(argv, name, io);
  } catch (error) {
    if (!(error instanceof CommanderError)) return report(error, look, io);
    if (error.code === "commander.helpDisplayed") return ExitCode.ok;
    // Where no command was given, the help is on stderr by now.
    if (error.code === "commander.help") return argv.includes("help") ? ExitCode.ok : ExitCode.usage;
    return report(wrongUsage(error), look, io);
  }
}

async function parse(argv: readonly string[], name: string | undefined, io: Io): Promise<number> {
  let exitCode: number = ExitCode.ok;
  const program = createProgram(io.stdout, io.stderr);
  for (const each of listed) {
    const command = program.command(each.name).description(each.summary);
    if (each.name !== name) continue;
    const module = await each.load();
    module.declare(command);
    command.action(async () => {
      const { json = false, verbose = false, color = true } = program.opts();
      const coloured = color && io.isTTY && (io.env["NO_COLOR"] ?? "") === "";
      const options = command.opts() as never;
      exitCode = await module.run({ operands: command.args, options, json, verbose, color: coloured }, io);
    });
  }
  await program.parseAsync(argv, { from: "user" });
  return io.signal.aborted ? report(io.signal.reason, {}, io) : exitCode;
}

function wrongUsage({ message }: CommanderError): CliError {
  return new CliError(`${message.replace(/^error: /, "")}\nrpc --help, or rpc help <command>, shows what there is`);
}

async function printVersion(io: Io): Promise<number> {
  const { readFile } = await import("node:fs/promises");
  const manifest: unknown = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
  io.stdout.write(`${(manifest as { version: string }).version}\n`);
  return ExitCode.ok;
}
