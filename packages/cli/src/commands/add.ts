import { Argument, type Command } from "commander";
import type { Added } from "../add/add-service.js";
import { ExitCode } from "../cli-error.js";
import type { Args } from "../command.js";
import type { Io } from "../io.js";

interface Options {
  readonly dryRun?: boolean;
}

export function declare(command: Command): void {
  command
    .addArgument(new Argument("<what>", "what to add").choices(["service"]))
    .argument("<name>", "the service and its class, such as Invoices")
    .option("--dry-run", "say what would be written, and write nothing")
    .addHelpText("after", "\nExits with 1 where src/main.ts has to be changed by hand: everything else is done then.");
}

export async function run({ operands, options, json }: Args<Options>, io: Io): Promise<number> {
  const { addService } = await import("../add/add-service.js");
  const { dryRun = false } = options;
  const service = operands[1] ?? "";
  const added = await addService({ service, dryRun }, io);
  io.stdout.write(json ? `${JSON.stringify({ service, ...added, dryRun })}\n` : told(service, added, dryRun));
  return added.byHand === undefined ? ExitCode.ok : ExitCode.no;
}

function told(service: string, { made, changed, generated, byHand }: Added, dryRun: boolean): string {
  const lines = [
    dryRun ? `Would add ${service}:` : `Added ${service}:`,
    "",
    ...made.map((path) => `  new      ${path}`),
    ...changed.map((path) => `  changed  ${path}`),
    ...generated.map((path) => `  client   ${path}`),
    ...(byHand === undefined
      ? []
      : ["", "src/main.ts is not as rpc new wrote it and was left alone. Add to it by hand:", "", byHand]),
  ];
  return `${lines.join("\n")}\n`;
}
