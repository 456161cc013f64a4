import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { type Options, readOptions, usage } from "./show/options.js";
import { playShow } from "./show/play-show.js";
import { createScreen } from "./show/screen.js";

// What `npm start` runs: three servers and a client in processes of their own, a kill on the way, and the proof that no order
// suffered. Ends with exit code 0, or 1 if anything went wrong.
const screen = createScreen();
const stop = new AbortController();

function interruptedBy(signal: NodeJS.Signals): void {
  process.exitCode = 128 + constants.signals[signal];
  stop.abort(new Error(`interrupted by ${signal}`));
}

async function run(options: Options): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, interruptedBy);
  // Nobody reads on, as with `npm start | head`.
  process.stdout.on("error", () => interruptedBy("SIGPIPE"));
  // Of this run alone, so that two runs at once never see each other.
  const folder = mkdtempSync(join(tmpdir(), "rpc-shop-"));
  try {
    process.exitCode = (await playShow({ folder, options, screen, stop: stop.signal })) ? 0 : 1;
  } catch (error) {
    process.exitCode ??= 1;
    screen.line(`\nENDED EARLY: ${messageOf(error)}`, "bad");
  }
  if (process.exitCode === 1) screen.line(`What the processes printed and stored is in ${folder}`);
  else await rm(folder, { recursive: true, force: true });
}

function optionsFrom(args: readonly string[]): Options | undefined {
  try {
    const options = readOptions(args);
    if (options !== "help") return options;
    screen.line(usage);
  } catch (error) {
    process.exitCode = 1;
    screen.line(`${messageOf(error)}\n\n${usage}`, "bad");
  }
  return undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const options = optionsFrom(process.argv.slice(2));
if (options !== undefined) await run(options);
