import { type ChildProcess, fork } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Message } from "./messages.js";

/** How long a process may take to get ready, and to end when it was asked to, in ms. */
const startMs = 30_000;
const endMs = 15_000;
/** How many lines are shown of what a dead process printed. */
const lastLines = 12;

/** A process that was started here. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Ends it at once, as `kill -9` does. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Asks it to end (SIGTERM). Rejects unless it then ends with exit code 0. */
  end(): Promise<void>;
}

export interface ChildrenOptions {
  /** A folder for what they print: a file for each name. */
  readonly logs: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onMessage: (message: Message) => void;
  /** One failed to start, or ended though nobody had asked it to; the error has the last lines it printed. */
  readonly onTrouble: (error: Error) => void;
}

/** The processes of a run. */
export interface Children {
  /** Starts a script in a process of its own. Resolves when it says that it is ready; never, where it does not. */
  start(name: string, script: URL, env?: NodeJS.ProcessEnv): Promise<Child>;
  /** Kills those that still run, and no others; none is started any more. Resolves when they are gone. */
  killAll(): Promise<void>;
}

/** Returns the processes of a run: none yet. */
export function createChildren({ logs, env, onMessage, onTrouble }: ChildrenOptions): Children {
  const running = new Set<Child>();
  let over = false;

  const start: Children["start"] = (name, script, itsEnv = {}) => {
    if (over) return Promise.reject(new Error(`${name} was not started: the run is over`));
    const file = join(logs, `${name.replace(" ", "-")}.log`);
    const log = openSync(file, "a", 0o600);
    const started = fork(script, { env: { ...env, ...itsEnv }, stdio: ["ignore", log, log, "ipc"] });
    closeSync(log);

    let expected = false;
    const trouble = (what: string) => new Error(`${name} (process ${started.pid}) ${what}${tailOf(file)}`);
    const starting = setTimeout(() => onTrouble(trouble(`was not ready within ${startMs} ms`)), startMs);
    const gone = exitOf(started).then((how) => {
      clearTimeout(starting);
      running.delete(child);
      if (!expected) onTrouble(trouble(`ended by itself, ${how}`));
      return how;
    });
    const child: Child = {
      name,
      pid: started.pid ?? 0,
      kill: async () => {
        expected = true;
        started.kill("SIGKILL");
        await gone;
      },
      end: async () => {
        expected = true;
        started.kill("SIGTERM");
        const impatient = setTimeout(() => started.kill("SIGKILL"), endMs);
        const how = await gone;
        clearTimeout(impatient);
        if (how !== exitedWell) throw trouble(`did not end well within ${endMs} ms, but ${how}`);
      },
    };
    running.add(child);
    return new Promise((resolve) => {
      started.on("message", (message: Message) => {
        onMessage(message);
        if (message.kind !== "ready") return;
        clearTimeout(starting);
        resolve(child);
      });
    });
  };

  return {
    start,
    killAll: async () => {
      over = true;
      await Promise.all([...running].map((child) => child.kill()));
    },
  };
}

const exitedWell = "with exit code 0";

/** Resolves when the process is gone and its last message was read, with how it ended. */
function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`since it could not be started: ${error.message}`));
    child.once("exit", (code, signal) => {
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      if (child.connected) child.once("disconnect", () => resolve(how));
      else resolve(how);
    });
  });
}

function tailOf(file: string): string {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n").slice(-lastLines);
  if (lines.join("") === "") return ". It had printed nothing.";
  return `. It printed last:\n${lines.map((line) => `  | ${line}`).join("\n")}`;
}
