import type { Server } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { Interrupted } from "./cli-error.js";
import { run } from "./program.js";

/** What a run of `rpc` in this process left behind. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string | Readable;
  readonly isTTY?: boolean;
  /** Ctrl-C is pressed as soon as stdout says this. */
  readonly interruptAt?: string;
  readonly interrupt?: AbortController;
  /** Ctrl-C is pressed after so long, in ms, wherever the command is by then. */
  readonly interruptAfterMs?: number;
  /** Called with all that stdout has said, whenever it says more. */
  readonly onStdout?: (said: string) => void;
  /** Ctrl-C is pressed as soon as somebody has connected to this. */
  readonly interruptWhen?: Server;
}

/** Runs `rpc` in this process, on streams of the test. */
export async function rpc(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { env = {}, cwd = process.cwd(), stdin = "", isTTY = false, interruptAt } = options;
  const interrupt = options.interrupt ?? new AbortController();
  const said = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof said) =>
    new PassThrough().setEncoding("utf8").on("data", (text: string) => {
      said[name] += text;
      options.onStdout?.(said.stdout);
      if (interruptAt !== undefined && said.stdout.includes(interruptAt)) interrupt.abort(new Interrupted());
    });
  const [stdout, stderr] = [stream("stdout"), stream("stderr")];
  options.interruptWhen?.once("connection", () => interrupt.abort(new Interrupted()));
  const pressed =
    options.interruptAfterMs === undefined
      ? undefined
      : setTimeout(() => interrupt.abort(new Interrupted()), options.interruptAfterMs);
  const exitCode = await run(argv, {
    stdout,
    stderr,
    stdin: typeof stdin === "string" ? Readable.from([Buffer.from(stdin)]) : stdin,
    env,
    cwd,
    signal: interrupt.signal,
    isTTY,
  });
  clearTimeout(pressed);
  await Promise.all([stdout, stderr].map((each) => new Promise<void>((resolve) => each.end(resolve))));
  return { exitCode, ...said };
}
