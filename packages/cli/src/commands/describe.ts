import type { Command } from "commander";
import type { Args } from "../command.js";
import type { DescribeArgs } from "../describe/describe.js";
import type { Io } from "../io.js";
import { declareTarget } from "../target/target-options.js";

export function declare(command: Command): void {
  command
    .argument("<service>", "Orders; or one method of it, Orders.place")
    .option("--instance <id>", "ask this one and no other");
  declareTarget(command);
}

export async function run(args: Args<DescribeArgs>, io: Io): Promise<number> {
  const { describe } = await import("../describe/describe.js");
  return describe(args, io);
}
