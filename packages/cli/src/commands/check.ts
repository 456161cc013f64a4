import type { Command } from "commander";
import type { CheckArgs } from "../check/check.js";
import type { Args } from "../command.js";
import type { Io } from "../io.js";

export function declare(command: Command): void {
  command
    .requiredOption(
      "--against <file or git ref>",
      "the contract before: a contract.json, or what git has, such as main",
    )
    .option("--contract <file>", "the contract now", "src/generated/contract.json")
    .addHelpText(
      "after",
      "\nExits with 1 where a client that was built from the contract before would not be served any more.",
    );
}

export async function run(args: Args<CheckArgs>, io: Io): Promise<number> {
  const { check } = await import("../check/check.js");
  return check(args, io);
}
