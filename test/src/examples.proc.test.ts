import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { fileURLToPath } from "node:url";

/** Runs an example to its end and returns what it printed. */
function run(name: string): string {
  const file = fileURLToPath(new URL(`../../examples/first-service/dist/${name}.js`, import.meta.url));
  return execFileSync(process.execPath, [file], { encoding: "utf8", timeout: 30_000 });
}

test("what docs/errors.md shows does what it says: the caller catches the server's own class", () => {
  assert.equal(run("errors"), "tea: 2 left; failed_precondition, processed: yes\n");
});

test("what the README shows without decorators does what it says", () => {
  assert.equal(run("without-decorators"), "Hello, socket\ndeadline_exceeded processed: no\nHello, dispatcher\n");
});
