import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createProject, serviceSource } from "./project.fixture.js";

const rpc = fileURLToPath(new URL("../../../packages/cli/dist/main.js", import.meta.url));

test("rpc generate --watch writes, tells of mistakes, ends on Ctrl-C with 130, and leaves what --check finds up to date", async () => {
  const project = createProject({ "src/orders.ts": serviceSource("Orders", "place(id: string): void") });
  const run = (...argv: string[]) => {
    const child = spawn(process.execPath, [rpc, "generate", ...argv], {
      cwd: project.folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const told = createInterface(child.stdout)[Symbol.asyncIterator]();
    const complained = createInterface(child.stderr)[Symbol.asyncIterator]();
    const next = async (lines: typeof told): Promise<string> => String((await lines.next()).value);
    return { child, line: () => next(told), complaint: () => next(complained), exit: once(child, "exit") };
  };
  try {
    const watching = run("--watch", "--json");
    assert.deepEqual(JSON.parse(await watching.line()).written.length, 2);
    project.write("src/orders.ts", serviceSource("Orders", "place(id: () => void): void"));
    assert.match(JSON.parse(await watching.complaint()).error.message, /orders\.ts:4:\d+ Orders\.place.* a function/);
    project.write("src/orders.ts", serviceSource("Orders", "place(id: number): void"));
    assert.deepEqual(JSON.parse(await watching.line()).written.length, 2);
    watching.child.kill("SIGINT");
    assert.deepEqual(await watching.exit, [130, null]);
    assert.deepEqual(project.list("src/generated"), ["contract.json", "orders.client.ts"]);
    const checked = run("--check");
    assert.equal(await checked.line(), "1 service: up to date");
    assert.deepEqual(await checked.exit, [0, null]);
    project.write("src/orders.ts", serviceSource("Orders", "place(id: bigint): void"));
    const outOfDate = run("--check");
    assert.match(await outOfDate.line(), /^out of date: src\/generated\/orders\.client\.ts$/);
    assert.deepEqual(await outOfDate.exit, [1, null]);
    assert.match(project.read("src/generated/orders.client.ts"), /id: number/);
  } finally {
    project.delete();
  }
});
