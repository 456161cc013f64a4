import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { rpc } from "./io.fixture.js";

test("what stands in examples/dto/src/generated is what rpc generate writes now", async () => {
  const cwd = fileURLToPath(new URL("../../../examples/dto", import.meta.url));
  const { exitCode, stdout, stderr } = await rpc(["generate", "--check", "--no-cache"], { cwd });
  assert.equal(exitCode, 0, `${stdout}${stderr}in examples/dto: node ../../packages/cli/dist/main.js generate`);
});
