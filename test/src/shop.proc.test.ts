import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../examples/shop/dist/main.js", import.meta.url));

/** A run of the shop. */
interface Run {
  readonly process: ChildProcess;
  /** Resolves with the first match in what it has printed, as soon as there is one. Rejects when it ends without. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves when it has ended, and all that it started, with its exit code or the signal that ended it. */
  readonly ended: Promise<{ readonly code: number | NodeJS.Signals; readonly output: string }>;
}

let temporary: string;

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), "shop-test-"));
});

afterEach(() => {
  rmSync(temporary, { recursive: true, force: true });
});

function start(...args: string[]): Run {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const waiting = new Set<() => void>();
  const heard = (): void => {
    for (const look of [...waiting]) look();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      heard();
    });
  }
  const ended = new Promise<{ code: number | NodeJS.Signals; output: string }>((resolve) => {
    child.once("close", (code, signal) => resolve({ code: signal ?? code ?? -1, output }));
  });
  const printed = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(output);
        if (match === null) return;
        waiting.delete(look);
        resolve(match);
      };
      waiting.add(look);
      void ended.then(() => reject(new Error(`${pattern} was not printed:\n${output}`)));
      look();
    });
  return { process: child, printed, ended };
}

test("npm start shows a kill under load, proves that no order suffered and leaves nothing behind", async () => {
  const { code, output } = await start("--seconds", "6", "--rate", "100").ended;
  assert.equal(code, 0, output);

  const table = output
    .split("\n")
    .filter((line) => /^ +\d+\.\d s +\d+ +0 +\d+ +[\d.]+ +[\d.]+ +[\d.]+( +(\d+|down)){3}$/.test(line));
  assert.ok(table.length >= 6, `a line of figures each second, without failures:\n${output}`);
  const killed = /server 2 killed \(SIGKILL\), process (\d+)/.exec(output);
  const back = /server 2 is back, process (\d+)/.exec(output);
  assert.ok(killed !== null && back !== null && killed[1] !== back[1] && killed.index < back.index, output);

  const [, sent = "", twice = ""] = /([\d,]+) orders were sent, (\d+) of them twice at once/.exec(output) ?? [];
  assert.ok(Number(sent.replace(",", "")) >= 590 && Number(twice) >= 11, output);
  assert.match(output, /orders are in the store: 0 missing, 0 extra, 0 placed twice, 0 altered\n/);
  assert.match(output, /euros in all: 0 priced wrong/);
  assert.match(output, /have their stock set aside: 0 without stock\n/);
  assert.match(output, /\nEvery order was placed exactly once and priced right\.\n$/);

  assert.ok(!output.includes("\u001b"), "no colours where nobody would see them");
  assert.deepEqual(readdirSync(temporary), [], "nothing is left in the folder for temporary files");
});

test("npm start fails where an order is not in the store, and names it", async () => {
  const { code, output } = await start("--seconds", "3", "--rate", "100", "--kill", "none", "--lose-an-order").ended;
  assert.equal(code, 1, output);
  assert.match(output, /orders are in the store: 1 missing, 0 extra, 0 placed twice, 0 altered\n/);
  assert.match(output, /\n {2}order-\d{6} is missing: it was sent, and is not in the store\n/);
  assert.match(output, /\nFAILED: /);
  const kept = /What the processes printed and stored is in (.+)\n/.exec(output)?.[1];
  assert.ok(kept !== undefined && readdirSync(kept).includes("store"), output);
});

test("npm start says so at once when a server dies that it did not kill", async () => {
  const run = start("--seconds", "5", "--rate", "50");
  const [, id] = await run.printed(/server 2 is back, process (\d+)/);
  process.kill(Number(id), "SIGKILL");
  const { code, output } = await run.ended;
  assert.equal(code, 1, output);
  assert.match(output, new RegExp(`ENDED EARLY: server 2 \\(process ${id}\\) ended by itself, by SIGKILL`));
});

test("Ctrl-C ends npm start and removes what it wrote", async () => {
  const run = start("--seconds", "30", "--rate", "50");
  await run.printed(/ 1\.\d s /);
  run.process.kill("SIGINT");
  const { code, output } = await run.ended;
  assert.equal(code, 130, output);
  assert.deepEqual(readdirSync(temporary), []);
});

test("no server outlives npm start, even if that is killed itself", async () => {
  const run = start("--seconds", "5", "--rate", "50");
  const [, id = ""] = await run.printed(/server 2 is back, process (\d+)/);
  assert.ok(runs(id));
  run.process.kill("SIGKILL");
  await run.ended;
  const until = performance.now() + 10_000;
  while (runs(id)) {
    assert.ok(performance.now() < until, `process ${id} still runs`);
    await sleep(20);
  }
});

/** Whether a process runs: one that has ended and that nobody has asked about yet does not. */
function runs(id: string): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", id], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}
