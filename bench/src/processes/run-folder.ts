import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const variable = "RPC_BENCH_FOLDER";

/**
 * Makes a temporary folder for what the processes of this run leave: processes started from now on find it. Returns what
 * removes it, to be called when they are gone; synchronous, so that a signal's handler can.
 */
export function openRunFolder(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "rpc-bench-"));
  process.env[variable] = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Returns the folder of the run, in one of its processes. */
export function runFolder(): string {
  const folder = process.env[variable];
  if (folder === undefined) throw new Error(`${variable} is not set: the run sets it before it starts processes.`);
  return folder;
}
