import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { atEnd, type Ending } from "../wire/ground/at-end.js";
import { freePorts } from "./free-ports.js";

/** How long a server may take until its health check agrees, in ms: Java on a busy machine. */
const readyMs = 30_000;
/** How long a server may take to end by itself, in ms. */
const endMs = 10_000;
/** Of what a server prints so much is kept for the error that says why it did not start. */
const keptCharacters = 4_000;

/** How a kind of server is started. */
export interface Recipe {
  readonly name: string;
  /** How many neighbouring ports it takes; clients use the first. */
  readonly ports: number;
  /** Writes what it needs into its folder, and returns the command. Runs before each start; data lies in `folder`/data. */
  command(folder: string, ports: readonly number[]): Promise<readonly [string, ...string[]]>;
  /** Whether it can be used; a rejection means no. */
  healthy(ports: readonly number[]): Promise<boolean>;
}

/** A server in a process of its own, in the hands of a test. */
export interface RealServer {
  readonly host: string;
  readonly port: number;
  /** A folder of its own that lasts as long as the test. */
  readonly folder: string;
  /** Ends it with SIGTERM; resolves when it has ended. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
  /** Stops it with SIGSTOP: its sockets stay open and nobody answers. Resolves when it stands still. */
  pause(): Promise<void>;
  /** Lets it go on. */
  resume(): void;
  /** Starts it again where it has ended, on its port; resolves when it is ready. Its data is as it was unless `wiped`. */
  start(how?: { readonly wiped?: boolean }): Promise<void>;
}

/** Starts a server; resolves when its health check agrees. It ends with the test, and its folder goes. */
export async function openRealServer(t: Ending, recipe: Recipe): Promise<RealServer> {
  const folder = await mkdtemp(join(tmpdir(), `rpc-${recipe.name}-`));
  atEnd(t, () => rm(folder, { recursive: true, force: true }));
  const ports = await freePorts(recipe.ports);
  let child = await launch(recipe, folder, ports);
  atEnd(t, () => end(child, "SIGKILL"));
  return {
    host: "127.0.0.1",
    port: ports[0]!,
    folder,
    stop: () => end(child, "SIGTERM"),
    kill: () => end(child, "SIGKILL"),
    async pause() {
      child.kill("SIGSTOP");
      while (!(await standsStill(child.pid!))) await delay(1);
    },
    resume: () => void child.kill("SIGCONT"),
    async start({ wiped = false } = {}) {
      if (!hasEnded(child)) throw new Error(`${recipe.name} still runs: stop or kill it first`);
      if (wiped) await rm(join(folder, "data"), { recursive: true, force: true });
      child = await launch(recipe, folder, ports);
    },
  };
}

async function launch(recipe: Recipe, folder: string, ports: readonly number[]): Promise<ChildProcess> {
  await mkdir(join(folder, "data"), { recursive: true, mode: 0o700 });
  const [command, ...args] = await recipe.command(folder, ports);
  const child = spawn(command, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (bytes: Buffer) => {
      printed = `${printed}${bytes}`.slice(-keptCharacters);
    });
  }
  let failure: Error | undefined;
  child.on("error", (error) => {
    failure = error;
  });
  const startedAt = performance.now();
  while (!(await recipe.healthy(ports).catch(() => false))) {
    if (failure !== undefined || hasEnded(child) || performance.now() - startedAt > readyMs) {
      if (failure === undefined) await end(child, "SIGKILL");
      throw new Error(`${recipe.name} is not ready: ${failure?.message ?? printed}`);
    }
    await delay(20);
  }
  return child;
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, "exit");
  child.kill("SIGCONT");
  child.kill(signal);
  const late = setTimeout(() => child.kill("SIGKILL"), endMs);
  await ended;
  clearTimeout(late);
}

async function standsStill(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  return /^[Tt]$/.test(stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3));
}
