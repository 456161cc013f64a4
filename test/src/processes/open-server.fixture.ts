import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { atEnd } from "../wire/ground/at-end.js";
import type { ServerSays, ServerTask } from "./server.fixture.js";

/** A server in a process of its own. */
export interface ServerProcess {
  readonly address: string;
  readonly id: string;
  signal(name: NodeJS.Signals): void;
  /** Asks what it ran. */
  ran(): Promise<{ readonly ran: number; readonly expired: number }>;
  /** Resolves when it has ended, to its code or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

const program = fileURLToPath(new URL("server.fixture.js", import.meta.url));

/** Starts a server; resolves when it listens. `within` is a command to start it by. Killed at the end of the test. */
export async function openServer(
  t: TestContext,
  task: Partial<ServerTask> = {},
  within: readonly string[] = [],
): Promise<ServerProcess> {
  const whole: ServerTask = { listen: "tcp://127.0.0.1:0", ...task };
  const env = { ...process.env, RPC_TEST_SERVER: JSON.stringify(whole) };
  const [command, ...args] = within;
  const child: ChildProcess =
    command === undefined
      ? fork(program, { env, execArgv: [] })
      : spawn(command, [...args, process.execPath, program], { env, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  atEnd(t, async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const [said] = (await Promise.race([
    once(child, "message"),
    ended.then((how) => Promise.reject(new Error(`the server ended with ${how} before it listened`))),
  ])) as [Extract<ServerSays, { address: string }>];
  return {
    ...said,
    ended,
    signal: (name) => void child.kill(name),
    async ran() {
      child.send("ran?");
      const [counts] = (await once(child, "message")) as [Extract<ServerSays, { ran: number }>];
      return counts;
    },
  };
}
