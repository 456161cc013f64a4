import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openChild } from "./open-child.js";
import { openPair } from "./open-pair.js";

const drive = { workload: "echo", inFlight: 8, leadInMs: 5, forMs: 50, withLatency: true } as const;
const onChild = (): void => {};

test("a subject is measured in two processes, which end by themselves when they are asked to", async () => {
  const pair = await openPair({ subject: "bare", onChild });
  for (const workload of ["echo", "add", "body-581", "body-64k"] as const)
    await pair.client.ask("verify", { workload });
  const { callsPerSecond, calls, p50Us } = await pair.client.ask("drive", drive);
  assert.ok(callsPerSecond > 0 && calls > 0 && p50Us > 0);
  assert.ok((await pair.server.ask("cpu", {})) > 0);
  assert.ok((await pair.server.ask("memory", {})).heldBytes > 1e6);
  await pair.end();
  await assert.rejects(pair.client.ask("cpu", {}), /client process of bare ended with code 0/);
});

test("a subject that cannot start is an error which says why, and leaves no process", async () => {
  const children: { kill(): Promise<void> }[] = [];
  const against = "/no/such/build";
  await assert.rejects(
    openPair({ subject: "before", against, onChild: (child) => children.push(child) }),
    /server process of before failed: .*no\/such\/build/s,
  );
  assert.equal(children.length, 2);
  for (const child of children) await child.kill();
});

test("a subject that dies while it is measured is an error at once, not a hang", async () => {
  const pair = await openPair({ subject: "bare", onChild });
  const measuring = pair.client.ask("drive", { ...drive, forMs: 60_000 }, 60_000);
  // Heard from the beginning: the client may tell of it before the server's process is known to be gone.
  const told = assert.rejects(
    measuring,
    /client process of bare failed: .*(connection was closed|ECONNRESET|ended by the other party)/i,
  );
  await pair.server.kill();
  await told;
  const waiting = pair.client.ask("drive", { ...drive, forMs: 60_000 }, 60_000);
  const ended = assert.rejects(waiting, /client process of bare ended with SIGKILL/);
  await pair.client.kill();
  await ended;
});

test("a process that does not answer is an error in time, and can still be ended", async () => {
  const child = openChild({ side: "server", subject: "bare" });
  await child.ask("open", { address: "" });
  const pair = await openPair({ subject: "bare", onChild });
  await assert.rejects(
    pair.client.ask("drive", { ...drive, forMs: 60_000 }, 100),
    /did not answer "drive" within 100 ms/,
  );
  await pair.kill();
  await child.kill();
  await child.kill();
});

test("Ctrl-C ends a run with all its processes and its folder", async () => {
  const temporary = mkdtempSync(join(tmpdir(), "rpc-bench-test-"));
  const main = fileURLToPath(new URL("../main.js", import.meta.url));
  const run = spawn(process.execPath, [main, "--only", "echo-64/bare$", "--rounds", "1000"], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "ignore", "pipe"],
  });
  try {
    let said = "";
    run.stderr.setEncoding("utf8");
    for await (const text of run.stderr) {
      said += text;
      if (said.includes("round 2")) break;
    }
    const exited = once(run, "exit");
    run.kill("SIGINT");
    assert.deepEqual(await exited, [130, null]);
    assert.deepEqual(readdirSync(temporary), []);
    // Killed is not yet gone: the test ends when they are, or is ended by the runner with what is left.
    while (processesWith(temporary).length > 0) await delay(10);
  } finally {
    run.kill("SIGKILL");
    rmSync(temporary, { recursive: true, force: true });
  }
});

/** Returns the living processes that have this folder in their environment; none where the system does not tell. */
function processesWith(folder: string): string[] {
  if (!existsSync("/proc/self/environ")) return [];
  return readdirSync("/proc").filter((id) => {
    try {
      return /^\d+$/.test(id) && readFileSync(`/proc/${id}/environ`, "utf8").includes(folder);
    } catch {
      return false; // It has ended meanwhile, or is another user's.
    }
  });
}
