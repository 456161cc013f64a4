import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import test from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Runs a script that has `deadlines` on the process's own clock; returns what it printed. */
async function printed(script: string): Promise<string> {
  const modules = `
    const { deadlinesOf } = await import(${JSON.stringify(new URL("./deadlines.js", import.meta.url).href)});
    const { systemClock } = await import(${JSON.stringify(new URL("./system-clock.js", import.meta.url).href)});
    const deadlines = deadlinesOf(systemClock);
    const startedAt = performance.now();
    const spanMs = () => performance.now() - startedAt;`;
  const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "--eval", `${modules}\n${script}`], {
    timeout: 30_000,
  });
  assert.equal(stderr, "");
  return stdout.trim();
}

test("a process whose calls have settled ends at once, though their deadlines are an hour away", async () => {
  const script = `
    for (let n = 0; n < 1_000; n++) {
      const entry = { deadline: systemClock.now() + 3_600_000, place: -1, expire() {} };
      deadlines.add(entry);
      deadlines.delete(entry);
    }
    process.on("exit", () => console.log("ended"));`;
  assert.equal(await printed(script), "ended");
});

test("a process that awaits a call lives until its deadline, and no call expires before it", async () => {
  const script = `
    const deadline = systemClock.now() + 50.25;
    deadlines.add({ deadline, place: -1, expire() { console.log(systemClock.now() >= deadline); } });`;
  assert.equal(await printed(script), "true");
});

test("a span beyond what a timer can hold does not fire at once, and warns of nothing", async () => {
  const script = `
    const timer = systemClock.setTimer(() => console.log("fired"), 2 ** 40);
    setTimeout(() => timer.cancel(), 50);`;
  assert.equal(await printed(script), "");
});
