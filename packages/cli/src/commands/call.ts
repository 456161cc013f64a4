import { type Command, Option } from "commander";
import type { CallArgs } from "../call/call.js";
import { CliError } from "../cli-error.js";
import type { Args } from "../command.js";
import type { Io } from "../io.js";
import { declareTarget, wholeNumber } from "../target/target-options.js";

export function declare(command: Command): void {
  command
    .argument("<method>", "Orders.place, or /Orders/place")
    .argument("[arguments...]", "one JSON value for each; @file reads one from a file, - from stdin")
    .option("-m, --metadata <name=value>", "text beside the call; may be given again", metadata)
    .option(
      "--timeout-ms <ms>",
      "how long to wait, in ms (default: the method's, or 10000)",
      wholeNumber("--timeout-ms", 1),
    )
    .option("--instance <id>", "call this one and no other")
    .option("--explain", "tell on stderr who was chosen, and each attempt")
    .addOption(
      new Option("--stream <which>", "what streams, where the server does not tell").choices([
        "server",
        "client",
        "duplex",
      ]),
    )
    .addHelpText("after", help);
  declareTarget(command);
}

const help = `
A Date, bigint or bytes: by the method's schema, where the server was given a contract, from "2026-01-31T12:00:00Z",
"12345" and base64; anywhere as {"$date": "…"}, {"$bigint": "…"}, {"$bytes": "…"}, which is how results show them.
A stream of items is printed a line each; an argument that streams is read from stdin, one JSON value a line.`;

export async function run(args: Args<CallArgs>, io: Io): Promise<number> {
  const { call } = await import("../call/call.js");
  return call(args, io);
}

function metadata(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const at = text.indexOf("=");
  if (at < 1) throw new CliError(`--metadata wants name=value, not ${JSON.stringify(text)}`);
  return { ...before, [text.slice(0, at).toLowerCase()]: text.slice(at + 1) };
}
