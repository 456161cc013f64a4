import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { GenerateError, type Run, watch } from "@rpc/codegen";
import { createProject, serviceSource, type TestProject } from "./project.fixture.js";

/** Runs as they come, each to be awaited. */
function queue(): { push(run: Run): void; next(): Promise<Run> } {
  const runs: Run[] = [];
  const waiting: ((run: Run) => void)[] = [];
  return {
    push: (run) => (waiting.length > 0 ? waiting.shift()!(run) : void runs.push(run)),
    next: () =>
      runs.length > 0 ? Promise.resolve(runs.shift()!) : new Promise((resolve) => void waiting.push(resolve)),
  };
}

describe("watching", () => {
  let project: TestProject;
  before(() => {
    project = createProject({ "src/orders.ts": serviceSource("Orders", "place(id: string): void") });
  });
  after(() => project.delete());
  const writtenBy = (run: Run): readonly string[] => {
    assert.ok("result" in run, String("error" in run && run.error));
    return [...run.result.written, ...run.result.removed.map((file) => `-${file}`)].sort();
  };
  const [contract, orders, stock] = ["contract.json", "orders.client.ts", "stock.client.ts"].map(
    (each) => `src/generated/${each}`,
  );

  test("a change is written at once, also in a new folder; a mistake is told and what was written stays; then it goes on", async () => {
    const ending = new AbortController();
    const runs = queue();
    const ended = watch({ cwd: project.folder, signal: ending.signal, debounceMs: 5 }, runs.push);
    assert.deepEqual(writtenBy(await runs.next()), [contract, orders]);
    project.write("src/orders.ts", serviceSource("Orders", "place(id: number): void"));
    assert.deepEqual(writtenBy(await runs.next()), [contract, orders]);
    project.write("src/new/stock.ts", serviceSource("Stock", "left(): number"));
    assert.deepEqual(writtenBy(await runs.next()), [contract, stock]);
    const before = project.read("src/generated/orders.client.ts");
    project.write("src/orders.ts", serviceSource("Orders", "place(id: RegExp): void"));
    const broken = await runs.next();
    assert.ok(
      "error" in broken && broken.error instanceof GenerateError && /does not travel/.test(broken.error.message),
    );
    assert.equal(project.read("src/generated/orders.client.ts"), before);
    project.write("src/orders.ts", serviceSource("Orders", "place(id: number): void"));
    assert.deepEqual(writtenBy(await runs.next()), [], "mended: as it was before");
    project.remove("src/new");
    assert.deepEqual(writtenBy(await runs.next()), [`-${stock}`, contract]);
    ending.abort();
    await ended;
  });
});
