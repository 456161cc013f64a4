import { type ChildProcess, fork } from "node:child_process";

/** What a program of ours can be asked, by name: what goes there, and what comes back. */
export type Questions<Q> = { readonly [Name in keyof Q]: { readonly ask: unknown; readonly answer: unknown } };

/** A process of our own that does what it is asked. */
export interface Program<Q extends Questions<Q>> {
  readonly pid: number;
  /** Asks, and rejects when the process says that it failed, ended, or did not answer in time. */
  ask<Name extends keyof Q & string>(name: Name, ask: Q[Name]["ask"], patienceMs?: number): Promise<Q[Name]["answer"]>;
  /** Sends a signal, such as SIGSTOP. */
  signal(name: NodeJS.Signals): void;
  /** Ends the process at once. Resolves when it is gone; may be called twice. */
  kill(): Promise<void>;
  /** Lets the process close and end by itself; after 3 s it is killed. */
  end(): Promise<void>;
}

export interface ProgramOptions {
  /** The module to run, which calls `answerQuestions`. */
  readonly file: URL;
  /** What errors call it: "server process of core". */
  readonly name: string;
  readonly args?: readonly string[];
  /** Options of node itself. Defaults to none but the one that lets garbage be collected on request. */
  readonly nodeOptions?: readonly string[];
  /** The most files and sockets that it may have open at once. Defaults to what this process may. */
  readonly openFiles?: number;
}

/** A question as it crosses to the process. */
export interface Question {
  readonly number: number;
  readonly name: string;
  readonly ask: unknown;
}

/** Its answer. */
export type Answered =
  | { readonly number: number; readonly answer: unknown }
  | { readonly number: number; readonly error: string };

interface Pending {
  readonly timer: NodeJS.Timeout;
  resolve(answer: unknown): void;
  reject(cause: Error): void;
}

const keptLogBytes = 2_000;
const endMs = 3_000;

/** Starts a process. It ends when this process does, however that ends. */
export function openProgram<Q extends Questions<Q>>(options: ProgramOptions): Program<Q> {
  const { file, name: title, args = [], nodeOptions = [], openFiles } = options;
  const child = fork(file, [...args], {
    ...started(["--expose-gc", ...nodeOptions], openFiles),
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const log = keepLog(child);
  const pending = new Map<number, Pending>();
  let lastNumber = 0;
  let gone: Error | undefined;

  const exited = new Promise<void>((resolve) => {
    const end = (reason: string): void => {
      gone ??= new Error(`The ${title} ${reason}.${log()}`);
      for (const { timer, reject } of pending.values()) {
        clearTimeout(timer);
        reject(gone);
      }
      pending.clear();
      resolve();
    };
    // "close" and not "exit": by then everything it wrote has been read.
    child.once("close", (code, signal) => end(`ended with ${signal ?? `code ${code}`}`));
    child.once("error", (cause) => end(`could not be used: ${cause.message}`));
  });

  child.on("message", (response: Answered) => {
    const waiting = pending.get(response.number);
    if (waiting === undefined) return;
    pending.delete(response.number);
    clearTimeout(waiting.timer);
    if ("error" in response) waiting.reject(new Error(`The ${title} failed: ${response.error}`));
    else waiting.resolve(response.answer);
  });

  const ask = (name: string, asked: unknown, patienceMs = 15_000): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (gone !== undefined) return reject(gone);
      const number = ++lastNumber;
      const timer = setTimeout(() => {
        pending.delete(number);
        reject(new Error(`The ${title} did not answer "${name}" within ${patienceMs} ms.${log()}`));
      }, patienceMs);
      pending.set(number, { timer, resolve, reject });
      const question: Question = { number, name, ask: asked };
      child.send(question, () => {});
    });

  const kill = (): Promise<void> => {
    child.kill("SIGKILL");
    return exited;
  };

  return {
    pid: child.pid ?? 0,
    ask: ask as Program<Q>["ask"],
    signal: (name) => void child.kill(name),
    kill,
    async end() {
      const ended = await ask("end", {}, endMs).catch(() => undefined);
      if (ended === undefined) return kill();
      const patience = setTimeout(kill, endMs);
      await exited;
      clearTimeout(patience);
    },
  };
}

/** A limit can only be set by the process itself, before it becomes node. */
function started(nodeOptions: string[], openFiles?: number): { execPath?: string; execArgv: string[] } {
  if (openFiles === undefined) return { execArgv: nodeOptions };
  const limited = `ulimit -n ${openFiles}; exec "$0" "$@"`;
  return { execPath: "/bin/sh", execArgv: ["-c", limited, process.execPath, ...nodeOptions] };
}

/** Returns a function that tells the last of what the process wrote, for when it failed. */
function keepLog(child: ChildProcess): () => string {
  let kept = "";
  const keep = (text: string): void => {
    kept = (kept + text).slice(-keptLogBytes);
  };
  child.stdout?.setEncoding("utf8").on("data", keep);
  child.stderr?.setEncoding("utf8").on("data", keep);
  return () => (kept.trim() === "" ? "" : ` It wrote:\n${kept.trim()}`);
}
