import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const script = fileURLToPath(new URL("../../examples/first-service/dist/rates.js", import.meta.url));

test("the program of docs/stats.md prints what happened in each second", async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script]);
  assert.equal(stderr, "");
  const lines = stdout.trim().split("\n");
  assert.equal(lines.length, 2);
  for (const line of lines) {
    assert.match(
      line,
      /^[1-9]\d+ calls\/s, 0 failed\/s, \d+ pending, p50 0*[\d.]+ ms, p99 [\d.]+ ms, [1-9]\d+ B\/s read, 0\.\d+ writes a call$/,
    );
  }
});
