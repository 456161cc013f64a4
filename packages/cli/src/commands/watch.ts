import type { Command } from "commander";
import type { Args } from "../command.js";
import type { Io } from "../io.js";
import { seconds } from "../seconds.js";
import { declareTarget, wholeNumber } from "../target/target-options.js";
import type { WatchCommandOptions } from "../watch/watch-command.js";

export function declare(command: Command): void {
  declareTarget(
    command
      .argument("[service...]", "only these")
      .option(
        "--interval-ms <ms>",
        "how often instances are asked for their figures",
        wholeNumber("--interval-ms", 100, 3_600_000),
        1_000,
      )
      .option("--seconds <seconds>", "end after so long; else Ctrl-C ends it", seconds("--seconds", 0.1)),
  ).addHelpText(
    "after",
    "\nOn a terminal: a table that is kept up to date. Elsewhere: a line for each thing that happens.",
  );
}

export async function run(args: Args<WatchCommandOptions>, io: Io): Promise<number> {
  const { watchCommand } = await import("../watch/watch-command.js");
  return watchCommand(args, io);
}
