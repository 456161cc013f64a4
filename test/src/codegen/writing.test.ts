import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { after, before, beforeEach, describe, test } from "node:test";
import { GenerateError } from "@rpc/codegen";
import { createProject, serviceSource, settings, type TestProject } from "./project.fixture.js";

const types = "export type Status = 'new' | 'paid';\nexport interface Order { id: string; status: Status }\n";
const orders = `import type { Order } from "./types.js";\n${serviceSource("Orders", "place(order: Order): void")}`;
const stock = serviceSource("Stock", "left(sku: string): number");

async function refusalsOf(run: Promise<unknown>): Promise<string[]> {
  const error = await run.then(
    () => assert.fail("it was refused"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof GenerateError, String(error));
  return error.message.split("\n");
}

describe("what rpc generate writes", () => {
  let project: TestProject;
  before(() => {
    project = createProject({});
  });
  after(() => project.delete());
  beforeEach(() => {
    for (const path of ["src", "tsconfig.json"]) if (project.list(".").includes(path)) project.remove(path);
    project.write("tsconfig.json", JSON.stringify(settings));
    project.write("src/types.ts", types);
    project.write("src/orders.ts", orders);
    project.write("src/stock.ts", stock);
  });
  const files = ["contract.json", "orders.client.ts", "stock.client.ts"];
  const written = files.map((name) => `src/generated/${name}`);

  test("is a file for each service and the contract; a second run leaves all as it is, and needs not read anything again", async () => {
    const first = await project.generate();
    assert.deepEqual([...first.written].sort(), written);
    assert.deepEqual(project.list("src/generated"), files);
    const { mtimeNs } = statSync(`${project.folder}/src/generated/orders.client.ts`, { bigint: true });
    const second = await project.generate();
    assert.deepEqual({ written: second.written, fromCache: second.fromCache }, { written: [], fromCache: true });
    assert.equal(statSync(`${project.folder}/src/generated/orders.client.ts`, { bigint: true }).mtimeNs, mtimeNs);
    assert.deepEqual(second.services, first.services);
  });

  test("does not depend on what else the compiler has read, nor on the cache", async () => {
    await project.generate();
    const before = project.read("src/generated/orders.client.ts");
    project.write(
      "src/alphabet.ts",
      `export const words = ["paid", "new"] as const;\n${serviceSource("A", "a(b: 'paid' | 'new'): void")}`,
    );
    await project.generate();
    assert.equal(project.read("src/generated/orders.client.ts"), before);
    assert.match(project.read("src/generated/a.client.ts"), /a\(b: "paid" \| "new"\): void/);
  });

  test("is never what a change has made wrong: whatever the run read is asked again", async () => {
    const fresh = async (): Promise<void> => {
      const cached = await project.generate();
      const { upToDate } = await project.generate({ check: true, cache: false });
      assert.ok(upToDate, `as without a cache; read again: ${!cached.fromCache}`);
    };
    await fresh();
    project.write("src/types.ts", types.replace("id: string", "id: number"));
    await fresh();
    assert.match(project.read("src/generated/orders.client.ts"), /id: number/);
    project.write("src/prices/prices.ts", serviceSource("Prices", "of(sku: string): number")); // a new file in a new folder
    await fresh();
    assert.match(project.read("src/generated/prices.client.ts"), /interface Prices/);
    project.write("src/types.d.ts", "export type Order = bigint;\n"); // passed over: types.ts is nearer
    await fresh();
    project.remove("src/types.ts"); // and now it is not
    await fresh();
    assert.match(project.read("src/generated/orders.client.ts"), /Order = bigint/);
    project.write("tsconfig.json", JSON.stringify({ ...settings, exclude: ["src/stock.ts"] }));
    await fresh();
    assert.ok(!project.list("src/generated").includes("stock.client.ts"));
  });

  test("is written in spite of a cache that is broken, or somebody else's", async () => {
    await project.generate();
    const folder = "node_modules/.cache/rpc-generate";
    const [name] = project.list(folder);
    const whole = project.read(`${folder}/${name}`);
    for (const text of ["", "{", whole.slice(0, -9), whole.replace("interface Orders", "interface Others"), "null"]) {
      project.write(`${folder}/${name}`, text);
      const { fromCache, upToDate } = await project.generate({ check: true });
      assert.deepEqual({ fromCache, upToDate }, { fromCache: false, upToDate: true });
    }
  });

  test("is checked without being touched: what is missing, other, or of a service that is gone", async () => {
    const empty = await project.generate({ check: true });
    assert.deepEqual([empty.upToDate, [...empty.written].sort()], [false, written]);
    assert.deepEqual(project.list("src/generated"), []);
    await project.generate();
    assert.equal((await project.generate({ check: true })).upToDate, true);
    project.write("src/generated/orders.client.ts", `${project.read("src/generated/orders.client.ts")} `);
    project.remove("src/stock.ts");
    const { upToDate, removed, written: other } = await project.generate({ check: true });
    assert.equal(upToDate, false);
    assert.deepEqual(removed, ["src/generated/stock.client.ts"]);
    assert.deepEqual([...other].sort(), ["src/generated/contract.json", "src/generated/orders.client.ts"]);
    assert.deepEqual(project.list("src/generated"), files);
  });

  test("goes when its service goes, and what somebody else wrote stays", async () => {
    await project.generate();
    project.write("src/generated/mine.client.ts", "export {};\n");
    project.remove("src/stock.ts");
    assert.deepEqual((await project.generate()).removed, ["src/generated/stock.client.ts"]);
    assert.deepEqual(project.list("src/generated"), ["contract.json", "mine.client.ts", "orders.client.ts"]);
  });

  test("replaces nothing that somebody else wrote", async () => {
    project.write("src/generated/orders.client.ts", "export const mine = 1;\n");
    project.write("src/generated/stock.client.ts/folder.ts", "");
    assert.deepEqual(await refusalsOf(project.generate()), [
      "src/generated/orders.client.ts it is there already, and was not written by this command: move it away, or choose another folder",
      "src/generated/stock.client.ts it is there already, and was not written by this command: move it away, or choose another folder",
    ]);
    assert.deepEqual(project.list("src/generated"), ["orders.client.ts", "stock.client.ts"]);
  });

  test("is all or nothing: one service that cannot be written leaves the others as they were", async () => {
    await project.generate();
    const before = files.map((name) => project.read(`src/generated/${name}`));
    project.write("src/types.ts", types.replace("id: string", "id: RegExp"));
    project.write("src/stock.ts", stock.replace("left", "right"));
    assert.deepEqual(await refusalsOf(project.generate()), [
      "src/types.ts:2:30 Order.id: a regular expression does not travel: send its source as a string",
    ]);
    assert.deepEqual(
      files.map((name) => project.read(`src/generated/${name}`)),
      before,
    );
    project.write("src/types.ts", types);
    assert.match(
      (await refusalsOf(project.generate({ out: "src/types.ts/clients" }))).join(),
      /it cannot be written: ENOTDIR/,
    );
    await assert.rejects(project.generate({ signal: AbortSignal.abort(new Error("Ctrl-C")), cache: false }), /Ctrl-C/);
    assert.deepEqual(project.list("src/generated"), files);
  });

  test("leaves no drafts, not even those of a run that was killed; those of one that is at work are not touched", async () => {
    const draft = (pid: number): string => `.rpc-generate-${pid}-orders.client.ts.draft`;
    const gone = 2 ** 22 + 1; // above what Linux gives
    for (const pid of [gone, process.pid, 1]) project.write(`src/generated/${draft(pid)}`, "half");
    await project.generate();
    assert.deepEqual(project.list("src/generated"), [draft(1), ...files]);
  });

  test("tells what cannot be seen: the decorators of a parent that is known by its declaration alone", async () => {
    project.write("src/parent.d.ts", "export class Parent { inherited(): void }\n");
    project.write(
      "src/stock.ts",
      `import { Parent } from "./parent.js";\n${stock.replace("Stock", "Stock extends Parent")}`,
    );
    const { warnings } = await project.generate();
    assert.match(warnings.join("\n"), /^src\/stock\.ts:4:14 Stock: its parent Parent is known only by its declaration/);
    assert.deepEqual((await project.generate()).warnings, warnings, "also when nothing is read again");
  });

  test("is refused with one clear message where the sources are no TypeScript, hold no service, or are not there", async () => {
    project.write("src/stock.ts", "@Service() export class Stock {\n  left(: number {}\n}\n");
    assert.match(
      (await refusalsOf(project.generate())).join("\n"),
      /^src\/stock\.ts:2:8 .*: mend what is not TypeScript/,
    );
    project.remove("src");
    project.write("src/none.ts", "export class Orders {}\n");
    assert.deepEqual(await refusalsOf(project.generate()), [
      "no class with @Service of @rpc/decorators was found in the project: put @Service() on a class, or say where to look",
    ]);
    assert.match((await refusalsOf(project.generate({ sources: ["lib"] }))).join(), /there is no file or folder lib/);
    assert.match((await refusalsOf(project.generate({ project: "other.json" }))).join(), /there is no .*other\.json/);
    project.write("tsconfig.json", "{ compilerOptions");
    assert.match((await refusalsOf(project.generate())).join(), /^tsconfig\.json /);
    project.write("tsconfig.json", JSON.stringify({ files: [], references: [{ path: "packages/shop" }] }));
    assert.match(
      (await refusalsOf(project.generate())).join(),
      /only references to other projects: give .*packages\/shop/,
    );
    await assert.rejects(project.generate({ outt: "x" } as never), /did you mean "out"/);
  });
});
