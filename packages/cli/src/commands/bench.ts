import type { Command } from "commander";
import type { BenchOptions } from "../bench/bench.js";
import type { Args } from "../command.js";
import type { Io } from "../io.js";
import { seconds } from "../seconds.js";
import { declareTarget, wholeNumber } from "../target/target-options.js";

export function declare(command: Command): void {
  declareTarget(
    command
      .argument("<method>", "Orders.place, or /Orders/place")
      .argument("[arguments...]", "one JSON value for each; @file reads one from a file, - from stdin")
      .option(
        "--rate <calls>",
        "calls a second, begun when they are due whatever becomes of those before: an open loop",
        wholeNumber("--rate", 1, 10_000_000),
      )
      .option(
        "--in-flight <calls>",
        "calls in flight: so many always (64), or with --rate so many at most (1000)",
        wholeNumber("--in-flight", 1, 1_000_000),
      )
      .option("--connections <count>", "connections to each instance", wholeNumber("--connections", 1, 1_024), 1)
      .option("--seconds <seconds>", "how long to measure", seconds("--seconds", 0.1), 10)
      .option("--warm-up-seconds <seconds>", "how long before that, uncounted", seconds("--warm-up-seconds", 0), 1)
      .option("--timeout-ms <ms>", "how long a call may take", wholeNumber("--timeout-ms", 1, 3_600_000), 10_000),
  ).addHelpText("after", '\nrpc bench Orders.place \'{"sku":"tea"}\' --rate 500 --seconds 30');
}

export async function run(args: Args<BenchOptions>, io: Io): Promise<number> {
  const { bench } = await import("../bench/bench.js");
  return bench(args, io);
}
