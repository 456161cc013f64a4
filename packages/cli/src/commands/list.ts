import type { Command } from "commander";
import type { Args } from "../command.js";
import type { Io } from "../io.js";
import { declareTarget, type TargetOptions } from "../target/target-options.js";

export function declare(command: Command): void {
  declareTarget(command.argument("[service]", "only this one"));
}

export async function run(args: Args<TargetOptions>, io: Io): Promise<number> {
  const { list } = await import("../list/list.js");
  return list(args, io);
}
