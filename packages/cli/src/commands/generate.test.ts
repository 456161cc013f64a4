import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, test } from "node:test";
import { rpc } from "../io.fixture.js";

describe("rpc generate", () => {
  test("says in one message what keeps clients from being written, with exit code 2, and writes nothing", async (t) => {
    const cwd = mkdtempSync(`${tmpdir()}/rpc-generate-`);
    t.after(() => rmSync(cwd, { recursive: true }));
    const compilerOptions = { target: "ES2022", module: "NodeNext", lib: ["ES2023"], types: [] };
    writeFileSync(`${cwd}/tsconfig.json`, JSON.stringify({ compilerOptions }));
    const none = await rpc(["generate"], { cwd });
    assert.deepEqual([none.exitCode, none.stdout], [2, ""]);
    assert.match(none.stderr, /^rpc: no class with @Service of @rpc\/decorators was found in the project: .*\n$/);
    const away = await rpc(["generate", "nowhere.ts"], { cwd });
    assert.deepEqual([away.exitCode, away.stderr.split(":")[1]], [2, " there is no file or folder nowhere.ts"]);
    const service = 'import { Method, Service } from "@rpc/decorators";\n@Service() export class A {\n';
    writeFileSync(`${cwd}/a.ts`, `${service}  @Method() a(b: symbol): void {}\n  @Method() c<T>(d: T): void {}\n}\n`);
    const refused = await rpc(["generate"], { cwd });
    assert.equal(refused.exitCode, 2);
    assert.match(refused.stderr, /^rpc: nothing was written, for 2 reasons:\na\.ts:3:18 A\.a.*\na\.ts:4:13 A\.c.*\n$/);
    assert.deepEqual(readdirSync(cwd).sort(), ["a.ts", "tsconfig.json"]);
  });

  test("does not check and watch at once", async () => {
    const { exitCode, stderr } = await rpc(["generate", "--check", "--watch"]);
    assert.equal(exitCode, 2);
    assert.match(stderr, /exclude each other/);
  });
});
