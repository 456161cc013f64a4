import type { Command } from "commander";
import type { Args } from "../command.js";
import type { DoctorArgs } from "../doctor/doctor.js";
import type { Io } from "../io.js";
import { declareTarget, wholeNumber } from "../target/target-options.js";

export function declare(command: Command): void {
  command.option("--port <number>", "whether this one can be listened on", wholeNumber("--port", 1));
  declareTarget(command).addHelpText(
    "after",
    "\nExits with 1 where something is wrong; what is only unusual is a warning.",
  );
}

export async function run(args: Args<DoctorArgs>, io: Io): Promise<number> {
  const { doctor } = await import("../doctor/doctor.js");
  return doctor(args, io);
}
