import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ownTime } from "./own-time.js";

test("time in which this process works is its own, and time in which it may not run is not", async (t) => {
  const time = ownTime();
  t.after(() => time.stop());
  await delay(20);
  const startedAt = time.now();
  for (const before = process.cpuUsage(); process.cpuUsage(before).user < 300_000; );
  await delay(20);
  const workedMs = time.now() - startedAt;
  assert.ok(workedMs > 250, `${workedMs} of 300 ms of work`);
  const before = time.now();
  // As good as stopped: it waits for another process and does nothing.
  execFileSync("sleep", ["0.5"]);
  await delay(20);
  const heldUp = time.now() - before;
  assert.ok(heldUp < 300, `${heldUp} of 500 ms of waiting`);
});
