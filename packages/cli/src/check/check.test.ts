import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { Contract } from "@rpc/schema";
import { rpc } from "../io.fixture.js";
import { ordersContract } from "../served.fixture.js";

const { place, sum } = ordersContract.methods;
const before: Contract = { format: 1, services: { "shop.Orders": ordersContract } };
/** `sum` is gone, and `all` is new. */
const after: Contract = {
  format: 1,
  services: { "shop.Orders": { ...ordersContract, methods: { place: place!, all: sum! } } },
};

/** A project with a contract, in a folder of its own. */
async function project(t: TestContext, contract: unknown): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), "rpc-check-"));
  t.after(() => rm(cwd, { recursive: true }));
  await mkdir(join(cwd, "src/generated"), { recursive: true });
  await write(cwd, contract);
  return cwd;
}

const write = (cwd: string, contract: unknown): Promise<void> =>
  writeFile(
    join(cwd, "src/generated/contract.json"),
    typeof contract === "string" ? contract : JSON.stringify(contract),
  );

describe("rpc check", () => {
  test("names what breaks clients, lists what does not, and says so by its exit code", async (t) => {
    const cwd = await project(t, after);
    await writeFile(join(cwd, "before.json"), JSON.stringify(before));
    const { exitCode, stdout } = await rpc(["check", "--against", "before.json"], { cwd });
    assert.equal(exitCode, 1);
    assert.match(
      stdout,
      /^Breaking, for clients built from before\.json: 1\n {2}shop\.Orders\.sum: the method is gone.*\nCompatible: 1\n {2}shop\.Orders\.all: /,
    );
    const json = JSON.parse((await rpc(["check", "--against", "before.json", "--json"], { cwd })).stdout);
    assert.deepEqual([json.breaking[0].method, json.compatible[0].method], ["sum", "all"]);
    const back = await rpc(["check", "--against", "before.json", "--contract", "before.json"], { cwd });
    assert.deepEqual([back.exitCode, back.stdout], [0, "before.json promises the same as before.json\n"]);
  });

  test("compares with what git has", async (t) => {
    const cwd = await project(t, before);
    const git = (...args: string[]) => execFileSync("git", args, { cwd, stdio: "ignore" });
    git("init", "--quiet");
    git("add", ".");
    git("-c", "user.name=a", "-c", "user.email=a@example.test", "commit", "--quiet", "-m", "before");
    await write(cwd, after);
    const { exitCode, stdout } = await rpc(["check", "--against", "HEAD"], { cwd });
    assert.equal(exitCode, 1);
    assert.match(stdout, /clients built from HEAD: 1/);
    const unknown = await rpc(["check", "--against", "v7"], { cwd });
    assert.deepEqual(
      [unknown.exitCode, unknown.stderr],
      [2, "rpc: --against: v7 is neither a file nor a commit that git knows\n"],
    );
    const option = await rpc(["check", "--against=--all"], { cwd });
    assert.equal(option.exitCode, 2, "is no option of git");
    await writeFile(join(cwd, "new.json"), JSON.stringify(before));
    const fresh = await rpc(["check", "--against", "HEAD", "--contract", "new.json"], { cwd });
    assert.equal(fresh.exitCode, 2);
    assert.match(fresh.stderr, /HEAD has no new\.json: rpc generate writes it/);
  });

  test("says to run generate where there is no contract, and where one is no contract why", async (t) => {
    const cwd = await project(t, '{"format": 1,\n "services": }');
    const refused = async (argv: readonly string[], said: RegExp): Promise<void> => {
      const { exitCode, stdout, stderr } = await rpc(["check", ...argv], { cwd });
      assert.deepEqual([exitCode, stdout], [2, ""]);
      assert.match(stderr, said);
    };
    await refused(["--against", "."], /contract\.json is not JSON: line 2, column 14: a value is expected/);
    await refused(["--against", "x", "--contract", "none.json"], /there is no none\.json: rpc generate writes it/);
    await write(cwd, { format: 2, services: {} });
    await refused(["--against", "."], /is no contract: .*rpc generate/);
    await refused([], /required option '--against/);
  });
});
