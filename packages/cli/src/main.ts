#!/usr/bin/env node
import { Interrupted } from "./cli-error.js";
import { run } from "./program.js";

const interrupt = new AbortController();
const told = (exitCode: number) => () => {
  // Whoever asks twice does not want to wait for what is being closed.
  if (interrupt.signal.aborted) process.exit(exitCode);
  interrupt.abort(new Interrupted(exitCode));
};
process.on("SIGINT", told(130));
process.on("SIGTERM", told(143));
// `rpc list | head -1`: nobody reads on, which is no failure.
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? 0 : 1));

/** Once the answer is written, what the client of a registry still holds open ends with the process. */
const endSoon = (): void => {
  setTimeout(() => (process.stdout.writableLength === 0 ? process.exit() : endSoon()), 1_000).unref();
};

process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  // A getter: to look at stdin opens it.
  get stdin() {
    return process.stdin;
  },
  env: process.env,
  cwd: process.cwd(),
  signal: interrupt.signal,
  isTTY: process.stdout.isTTY === true,
});
endSoon();
