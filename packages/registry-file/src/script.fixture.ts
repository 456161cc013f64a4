import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { withFolder } from "./temporary.fixture.js";

const registryModule = new URL("./index.js", import.meta.url).href;

/** Where a script runs: its directory, by default one of its own, and what stands before `node` on the command line. */
export interface Place {
  readonly directory?: string;
  readonly under?: readonly string[];
}

/**
 * Runs a module's text in a process of its own, which has `registry`, `directory`, `entry` and `never`; returns what
 * it printed and how it ended.
 */
export async function runScript(text: string, place: Place = {}): Promise<{ output: string; code: number | null }> {
  const { directory, under = [] } = place;
  if (directory === undefined) return withFolder((folder) => runScript(text, { ...place, directory: folder }));
  const head = `
    import { fileRegistry } from ${JSON.stringify(registryModule)};
    const directory = ${JSON.stringify(directory)};
    const registry = fileRegistry({ directory });
    const entry = { service: "Prices", id: "p-1", address: "tcp://127.0.0.1:1", weight: 1, tags: {}, inactive: false };
    const never = new AbortController().signal;
  `;
  const [command, ...args] = [...under, process.execPath, "--input-type=module", "--eval", head + text];
  const child = spawn(command!, args, { stdio: ["ignore", "pipe", "inherit"], timeout: 30_000 });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += String(chunk);
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { output: output.trim(), code };
}

/**
 * Whether this user may run a command in namespaces of its own, so that a test can have a machine within the machine.
 */
export function canUnshare(...flags: string[]): boolean {
  return process.platform === "linux" && spawnSync("unshare", [...flags, "true"], { stdio: "ignore" }).status === 0;
}
