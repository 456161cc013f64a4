import { compareContracts, type Difference } from "@rpc/schema";
import { createColors } from "picocolors";
import { CliError, ExitCode } from "../cli-error.js";
import type { Args } from "../command.js";
import type { Io } from "../io.js";
import { contractBefore, contractNow } from "./read-contracts.js";

/** Options of `rpc check`. */
export interface CheckArgs {
  readonly against: string;
  readonly contract: string;
}

/** Compares the contract of now with one of before, and says in words what has changed: first what breaks callers. */
export async function check({ options, json, color }: Args<CheckArgs>, io: Io): Promise<number> {
  const now = await contractNow(options.contract, io);
  const before = await contractBefore(options, io);
  const all = differences(() => compareContracts(before, now));
  const breaking = all.filter((each) => each.breaking);
  const compatible = all.filter((each) => !each.breaking);
  if (json) io.stdout.write(`${JSON.stringify({ breaking, compatible })}\n`);
  else io.stdout.write(textOf(breaking, compatible, options, color));
  return breaking.length === 0 ? ExitCode.ok : ExitCode.no;
}

function differences<T>(compare: () => T): T {
  try {
    return compare();
  } catch (cause) {
    throw new CliError(`the contracts cannot be compared: ${(cause as Error).message}`, ExitCode.usage, { cause });
  }
}

function textOf(
  breaking: readonly Difference[],
  compatible: readonly Difference[],
  { against, contract }: CheckArgs,
  color: boolean,
): string {
  const { red, green } = createColors(color);
  if (breaking.length + compatible.length === 0) return `${contract} promises the same as ${against}\n`;
  const listed = (heading: string, list: readonly Difference[]): string =>
    list.length === 0 ? "" : `${heading}\n${list.map((each) => `  ${lineOf(each)}\n`).join("")}`;
  return [
    listed(red(`Breaking, for clients built from ${against}: ${breaking.length}`), breaking),
    listed(green(`Compatible: ${compatible.length}`), compatible),
  ].join("");
}

function lineOf({ service, method, what }: Difference): string {
  return `${service}${method === undefined ? "" : `.${method}`}: ${what}`;
}
