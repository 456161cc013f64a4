import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createProject, type TestProject } from "./project.fixture.js";

/** A service of twenty methods, with types of its own. */
function bigService(name: string): string {
  const types = Array.from({ length: 10 }, (_, index) => {
    const before = index === 0 ? "string" : `${name}Part${index - 1}`;
    return `/** Part ${index}. */\nexport interface ${name}Part${index} { id: string; at: Date; status: "a" | "b"; parts: Map<string, ${before}[]>; note?: string }`;
  });
  const methods = Array.from({ length: 20 }, (_, index) => {
    const [a, b, c] = [0, 3, 7].map((by) => `${name}Part${(index + by) % 10}`);
    return `  /** Does it. */\n  @Method({ idempotent: true, timeoutMs: 5 * 1000 })\n  async do${index}(a: ${a}, b?: Partial<${b}>, ...c: ${c}[]): Promise<${name}Page<${c}>> { throw 0; }`;
  });
  return [
    'import { Method, Service } from "@rpc/decorators";',
    ...types,
    `export interface ${name}Page<T> { items: T[]; next?: string }`,
    `@Service()\nexport class ${name} {`,
    ...methods,
    "}",
  ].join("\n");
}

describe("generating", () => {
  let project: TestProject;
  before(() => {
    project = createProject({ "src/first.ts": bigService("First") });
  });
  after(() => project.delete());
  const cpuMs = async (run: () => Promise<unknown>): Promise<number> => {
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };

  // About 0.06 s each on a slow core, and 0.4 for the types of the language.
  test("services of twenty methods cost in proportion to their number, and those that have not changed nothing", async () => {
    await project.generate(); // loads the compiler
    const costOf = async (count: number): Promise<number> => {
      for (let n = 0; n < count; n++) project.write(`src/service-${n}.ts`, bigService(`Service${n}`));
      return cpuMs(() => project.generate());
    };
    const few = await costOf(4);
    const many = await costOf(20);
    const again = await cpuMs(async () => assert.equal((await project.generate()).fromCache, true));
    assert.ok(many < 8 * few, `20 took ${Math.round(many)} ms of the processor, 4 of them ${Math.round(few)}`);
    assert.ok(again < many / 4, `a run without changes took ${Math.round(again)} ms of ${Math.round(many)}`);
  });
});
