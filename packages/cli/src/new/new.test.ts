import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type RunOptions, rpc } from "../io.fixture.js";
import { writeProject } from "./write-project.js";

const example = fileURLToPath(new URL("../../../../examples/scaffolded", import.meta.url));

describe("rpc new", () => {
  let cwd: string;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), "rpc-new-"));
  });
  afterEach(() => rm(cwd, { recursive: true, force: true }));

  test("writes the project of examples/scaffolded, which is compiled and tested here", async () => {
    const { exitCode, stdout, stderr } = await rpc(["new", "shop"], { cwd });
    assert.deepEqual([exitCode, stderr], [0, ""]);
    assert.match(
      stdout,
      /^Wrote shop to \.\/shop: \d+ files\.\n\nNext:\n\n {2}cd shop\n {2}npm install\n {2}npm test\n/,
    );
    const [written, held] = [await filesIn(join(cwd, "shop")), await filesIn(example)];
    assert.deepEqual([...written.keys()], [...held.keys()]);
    for (const [path, text] of written) {
      assert.equal(text, held.get(path), `${path} differs from examples/scaffolded: node scripts/templates.js`);
    }
    assert.deepEqual(await readdir(cwd), ["shop"]);
  });

  test("its clients and its contract are what rpc generate writes now", async () => {
    const { generate } = await import("@rpc/codegen");
    const { written, removed } = await generate({ cwd: example, check: true, cache: false });
    const mend = "npx rpc generate in examples/scaffolded, then node scripts/templates.js";
    assert.deepEqual([...written, ...removed], [], mend);
  });

  test("names everything after the project, and its package with the scope", async () => {
    assert.equal((await rpc(["new", "@acme/web-store"], { cwd })).exitCode, 0);
    const files = await filesIn(join(cwd, "web-store"));
    assert.equal(JSON.parse(files.get("package.json")!).name, "@acme/web-store");
    assert.match(files.get("src/settings.ts")!, /const cluster = "web-store";/);
    for (const [path, text] of files) assert.doesNotMatch(text, /\bshop\b|\{\{/, path);
  });

  test("without encryption only where it is told so, and then everybody sees it", async () => {
    const { stdout } = await rpc(["new", "shop", "--insecure"], { cwd });
    assert.match(stdout, /^INSECURE: .*RPC_INSECURE/m);
    const files = await filesIn(join(cwd, "shop"));
    for (const path of ["k8s/orders.yaml", "k8s/stock.yaml"]) {
      assert.match(files.get(path)!, /# INSECURE: .*\n +- \{ name: RPC_INSECURE, value: "true" \}/);
      assert.doesNotMatch(files.get(path)!, /secret|TLS/i);
    }
    assert.match(files.get("README.md")!, /^\*\*INSECURE\*\*/m);
    assert.doesNotMatch(files.get("README.md")!, /secret/);
  });

  test("says what it would write, and writes nothing", async () => {
    const { exitCode, stdout } = await rpc(["new", "shop", "--dry-run"], { cwd });
    assert.equal(exitCode, 0);
    assert.match(stdout, /^Would write shop to \.\/shop:\n\n(?: {2}\S+\n)+$/);
    const told = JSON.parse((await rpc(["--json", "new", "shop", "--dry-run"], { cwd })).stdout);
    assert.deepEqual(told.files, [...(await filesIn(example)).keys()]);
    assert.deepEqual([told.dryRun, told.folder, told.commands[0]], [true, join(cwd, "shop"), "cd shop"]);
    assert.deepEqual(await readdir(cwd), []);
  });

  test("writes into an empty folder, and into no other", async () => {
    await mkdir(join(cwd, "empty"));
    assert.equal((await rpc(["new", "shop", "--folder", "empty"], { cwd })).exitCode, 0);
    await mkdir(join(cwd, "shop"));
    await writeFile(join(cwd, "shop/mine.txt"), "mine");
    await writeFile(join(cwd, "file"), "mine");
    await symlink("nowhere", join(cwd, "link"));
    for (const [folder, why] of [
      ["shop", /shop is not empty, there is mine\.txt: nothing was written/],
      ["file", /file exists and is no folder/],
      ["link", /link exists and is no folder/],
      ["none/shop", /there is no folder .*none/],
    ] as const) {
      const { exitCode, stdout, stderr } = await rpc(["new", "shop", "--folder", folder], { cwd });
      assert.deepEqual([exitCode, stdout], [2, ""]);
      assert.match(stderr, why);
      assert.doesNotMatch(stderr, /\n {4}at /);
    }
    assert.deepEqual((await readdir(cwd)).sort(), ["empty", "file", "link", "shop"]);
    assert.deepEqual(await readdir(join(cwd, "shop")), ["mine.txt"]);
  });

  test("Ctrl-C, or a disk that refuses, leaves nothing behind", async () => {
    const interrupt = new AbortController();
    function* interrupted(): Generator<[string, string]> {
      yield ["a.txt", "a"];
      interrupt.abort(new Error("interrupted"));
      yield ["b.txt", "b"];
    }
    const lazily = { [Symbol.iterator]: interrupted } as unknown as ReadonlyMap<string, string>;
    await assert.rejects(writeProject(join(cwd, "shop"), lazily, interrupt.signal), /interrupted/);
    const impossible = new Map([
      ["a", "a file"],
      ["a/b", "in a file"],
    ]);
    await assert.rejects(
      writeProject(join(cwd, "shop"), impossible, new AbortController().signal),
      /shop cannot be written, and nothing was: E/,
    );
    assert.deepEqual(await readdir(cwd), []);
    const aborted = AbortSignal.abort(new Error("before"));
    await mkdir(join(cwd, "shop"));
    await assert.rejects(writeProject(join(cwd, "shop"), new Map([["a", ""]]), aborted), /before/);
    assert.deepEqual(await readdir(cwd, { recursive: true }), ["shop"]);
  });

  test("takes our packages from archives where it is told so, those that they depend on, too", async () => {
    const missing = await rpc(["new", "shop", "--packages", "packed"], { cwd });
    assert.deepEqual(
      [missing.exitCode, missing.stderr],
      [2, `rpc: --packages: ${join(cwd, "packed")} cannot be read\n`],
    );
    await mkdir(join(cwd, "packed"));
    const empty = await rpc(["new", "shop", "--packages", "packed"], { cwd });
    assert.match(empty.stderr, /packed has no rpc-\*\.tgz/);
    for (const name of ["rpc-core-0.1.0.tgz", "rpc-registry-dns-0.1.0.tgz", "rpc-balancer-0.1.0.tgz", "other.tgz"]) {
      await writeFile(join(cwd, "packed", name), "");
    }
    assert.equal((await rpc(["new", "shop", "--packages", "packed"], { cwd })).exitCode, 0);
    const { dependencies, overrides } = JSON.parse(await readFile(join(cwd, "shop/package.json"), "utf8"));
    const core = `file:${join(cwd, "packed/rpc-core-0.1.0.tgz")}`;
    assert.deepEqual([dependencies["@rpc/core"], overrides["@rpc/core"]], [core, core]);
    assert.match(overrides["@rpc/balancer"], /balancer/);
    assert.match(dependencies["@rpc/decorators"], /^\d/);
  });

  test("asks a person, and nobody else", async () => {
    const nobody = await rpc(["new"], { cwd });
    assert.deepEqual(
      [nobody.exitCode, nobody.stderr],
      [2, "rpc: what is the project called? For example: rpc new shop\n"],
    );
    const answered = await rpc(["new"], {
      cwd,
      ...person([
        ["What is the project called", "Shop\r"],
        ["npm takes no capitals", "\u007f\u007f\u007f\u007fshop\r"],
        ["Whom do its pods trust", "\r"],
      ]),
    });
    assert.deepEqual([answered.exitCode, answered.stderr], [0, ""]);
    assert.match(await readFile(join(cwd, "shop/k8s/orders.yaml"), "utf8"), /secretKeyRef/);
    const left = await rpc(["new"], { cwd, ...person([["What is the project called", "\u0003"]]) });
    assert.deepEqual([left.exitCode, left.stderr], [130, "rpc: interrupted\n"]);
    assert.deepEqual(await readdir(cwd), ["shop"]);
  });
});

/** Somebody at a terminal, who types as soon as something is asked. */
function person(answers: readonly (readonly [asked: string, keys: string])[]): RunOptions {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin });
  const left = [...answers];
  let heard = 0;
  const onStdout = (said: string): void => {
    const [asked, keys] = left[0] ?? [];
    if (asked === undefined || keys === undefined || said.indexOf(asked, heard) < 0) return;
    left.shift();
    heard = said.length;
    setImmediate(() => stdin.write(keys)); // what asks is drawn first, and listens then
  };
  return { stdin, isTTY: true, onStdout };
}

/** The files of a project with their texts, in order of path; not what was built, nor what is this repository's own. */
async function filesIn(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .filter((path) => !/^(?:dist|node_modules)\/|^tsconfig\.workspace\.json$|^package-lock\.json$/.test(path))
    .sort();
  const texts = await Promise.all(paths.map((path) => readFile(join(folder, path), "utf8")));
  // lerna raises the example's own version with ours; a project begins with its first.
  return new Map(paths.map((path, i) => [path, texts[i]!.replace(/^ {2}"version": ".*",$/m, "")]));
}
