/**
 * Runs test files in a process of their own, and goes on in another one after a file that hangs or ends its process.
 *
 * @typedef {import("./channel.js").Message} Message
 * @typedef {import("./find.js").TestFile} TestFile
 *
 * @typedef {object} RunOptions
 * @property {number} silenceMs     how long a process may report nothing before it is ended
 * @property {readonly string[]} [nodeOptions]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {(result: import("./progress.js").FileResult) => void} onFile
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { killGroup, survivors } from "./process-group.js";
import { createProgress } from "./progress.js";

const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const startMs = 20_000; // Node itself, on a busy machine
const exitGraceMs = 5_000; // collecting what a thousand tests left takes its time on a busy machine

/** Runs the files in order, in as few processes as possible. Never rejects because of a test. */
export async function runFiles(/** @type {readonly TestFile[]} */ files, /** @type {RunOptions} */ options) {
  for (let left = files; left.length > 0; ) left = left.slice(await runProcess(left, options));
}

/** Runs the files until the process ends; resolves to the number of files that it got to, one at least. */
async function runProcess(/** @type {readonly TestFile[]} */ files, /** @type {RunOptions} */ options) {
  const child = spawn(
    process.execPath,
    [
      `--test-reporter=${here("reporter.js")}`,
      "--test-reporter-destination=stdout",
      `--import=${pathToFileURL(here("untracked.js"))}`,
      ...(options.nodeOptions ?? []),
      here("child.js"),
      ...files.map(({ name, path }) => JSON.stringify({ name, path })),
    ],
    // A group of its own, so that whatever the tests start ends with them.
    {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: { ...(options.env ?? process.env), NODE_TEST_CONTEXT: undefined }, // set inside `node --test`, it silences reporters
      detached: true,
    },
  );
  const stop = () => killGroup(child.pid);
  process.once("exit", stop);

  const progress = createProgress(options.onFile, files[0]?.name ?? "");
  const watchdog = createWatchdog(Math.max(options.silenceMs, startMs), (silentMs) => {
    progress.hung(silentMs);
    stop();
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => progress.printed(String(text)));
  const lines = createInterface({ input: /** @type {import("node:stream").Readable} */ (child.stdio[3]) });
  lines.on("line", (line) => {
    const message = /** @type {Message} */ (JSON.parse(line));
    progress.received(message);
    watchdog.seen(message.kind === "end" ? exitGraceMs : options.silenceMs);
  });

  const closed = once(child, "close");
  const [code, signal] = await once(child, "exit");
  watchdog.stop();
  const orphans = await survivors(child.pid);
  stop(); // the pipes stay open as long as a process that the tests started holds them
  await closed;
  process.removeListener("exit", stop);
  return progress.ended(signal ?? code, orphans);
}

/** Calls `onSilence` once, when nothing was seen for so long. */
function createWatchdog(/** @type {number} */ afterMs, /** @type {(silentMs: number) => void} */ onSilence) {
  let timer = setTimeout(onSilence, afterMs, afterMs);
  return {
    seen(/** @type {number} */ nextMs) {
      clearTimeout(timer);
      timer = setTimeout(onSilence, nextMs, nextMs);
    },
    stop: () => clearTimeout(timer),
  };
}
