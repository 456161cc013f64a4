import { relative } from "node:path";
import type { Command } from "commander";
import { CliError } from "../cli-error.js";
import type { Args } from "../command.js";
import type { Io } from "../io.js";
import type { Made } from "../new/new-project.js";

interface Options {
  readonly folder?: string;
  readonly insecure?: boolean;
  readonly dryRun?: boolean;
  readonly packages?: string;
}

export function declare(command: Command): void {
  command
    .argument("[name]", "the project and its npm package; asked for where a person can answer")
    .option("--folder <path>", "where to write it: a folder that is missing or empty (default: the name)")
    .option(
      "--insecure",
      "pods trust everybody, without encryption: the manifests say so visibly (default: TLS and a token)",
    )
    .option("--dry-run", "say what would be written, and write nothing")
    .option("--packages <folder>", "install our packages from archives that npm pack made (default: npm's registry)")
    .addHelpText("after", "\nWithout installing rpc first: npm create @rpc shop");
}

export async function run({ operands, options, json }: Args<Options>, io: Io): Promise<number> {
  const { insecure = false, name } = await answers(operands[0], options, json, io);
  const { newProject } = await import("../new/new-project.js");
  const made = await newProject({ ...options, name, insecure }, io);
  const { dryRun = false } = options;
  io.stdout.write(json ? `${JSON.stringify({ ...made, insecure, dryRun })}\n` : told(made, insecure, dryRun, io));
  return 0;
}

async function answers(
  name: string | undefined,
  { insecure }: Options,
  json: boolean,
  io: Io,
): Promise<{ readonly name: string; readonly insecure?: boolean | undefined }> {
  if (name !== undefined) return { name, insecure };
  if (json || !io.isTTY || (io.stdin as { isTTY?: boolean }).isTTY !== true) {
    throw new CliError("what is the project called? For example: rpc new shop");
  }
  const { ask } = await import("../new/ask.js");
  return ask(insecure, io);
}

function told({ name, folder, files, commands }: Made, insecure: boolean, dryRun: boolean, io: Io): string {
  const path = relative(io.cwd, folder);
  const where = path.startsWith("..") ? path : `./${path}`;
  const warning = insecure
    ? [
        "",
        "INSECURE: its pods talk without encryption, and to anybody (RPC_INSECURE in k8s/, insecure: true in src/settings.ts).",
      ]
    : [];
  return dryRun
    ? `${[`Would write ${name} to ${where}:`, "", ...files.map((file) => `  ${file}`), ...warning].join("\n")}\n`
    : `${[`Wrote ${name} to ${where}: ${files.length} files.`, ...warning, "", "Next:", "", ...commands.map((each) => `  ${each}`)].join("\n")}\n`;
}
