import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { RequestName, Requests, Response, Side } from "./requests.js";

/** A process of our own that does what it is asked. */
export interface Child {
  /** Asks, and rejects when the process says that it failed, ended, or did not answer in time. */
  ask<Name extends RequestName>(
    name: Name,
    ask: Requests[Name]["ask"],
    patienceMs?: number,
  ): Promise<Requests[Name]["answer"]>;
  /** Ends the process at once. Resolves when it is gone; may be called twice. */
  kill(): Promise<void>;
  /** Lets the process close and end by itself; after 3 s it is killed. */
  end(): Promise<void>;
}

export interface ChildOptions {
  readonly side: Side;
  readonly subject: string;
  /** The other build's folder, for the subject that is it. */
  readonly against?: string | undefined;
  /** Options of node itself. Defaults to none but the one that lets garbage be collected on request. */
  readonly nodeOptions?: readonly string[];
}

interface Pending {
  readonly timer: NodeJS.Timeout;
  resolve(answer: unknown): void;
  reject(cause: Error): void;
}

const program = fileURLToPath(new URL("./child.js", import.meta.url));
const keptLogBytes = 2_000;
const endMs = 3_000;

/** Starts the process of one side of a subject. It ends when this process does, however that ends. */
export function openChild({ side, subject, against, nodeOptions = [] }: ChildOptions): Child {
  const child = fork(program, against === undefined ? [side, subject] : [side, subject, against], {
    execArgv: ["--expose-gc", ...nodeOptions],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const log = keepLog(child);
  const pending = new Map<number, Pending>();
  let lastNumber = 0;
  let gone: Error | undefined;

  const exited = new Promise<void>((resolve) => {
    const end = (reason: string): void => {
      gone ??= new Error(`The ${side} process of ${subject} ${reason}.${log()}`);
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

  child.on("message", (response: Response) => {
    const waiting = pending.get(response.number);
    if (waiting === undefined) return;
    pending.delete(response.number);
    clearTimeout(waiting.timer);
    if ("error" in response) waiting.reject(new Error(`${subject}, ${side}: ${response.error}`));
    else waiting.resolve(response.answer);
  });

  const kill = (): Promise<void> => {
    child.kill("SIGKILL");
    return exited;
  };

  return {
    ask(name, ask, patienceMs = 15_000) {
      return new Promise((resolve, reject) => {
        if (gone !== undefined) return reject(gone);
        const number = ++lastNumber;
        const timer = setTimeout(() => {
          pending.delete(number);
          reject(
            new Error(`The ${side} process of ${subject} did not answer "${name}" within ${patienceMs} ms.${log()}`),
          );
        }, patienceMs);
        pending.set(number, { timer, resolve: resolve as (answer: unknown) => void, reject });
        child.send({ number, name, ask }, () => {});
      });
    },
    kill,
    async end() {
      const ended = await this.ask("end", {}, endMs).catch(() => undefined);
      if (ended === undefined) return kill();
      const patience = setTimeout(kill, endMs);
      await exited;
      clearTimeout(patience);
    },
  };
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
