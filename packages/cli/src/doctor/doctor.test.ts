import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { rpc } from "../io.fixture.js";
import { openDirectory, serveOrders } from "../served.fixture.js";
import { lookAtBuild } from "./build.js";
import { lookAtNode } from "./machine.js";
import { lookAtPackages } from "./packages.js";

/** A project of these files, in a folder of its own. */
async function project(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), "rpc-doctor-"));
  t.after(() => rm(cwd, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true });
    await writeFile(join(cwd, name), text);
  }
  return cwd;
}

const installed = (version: string): string => JSON.stringify({ version });

describe("rpc doctor", () => {
  test("says of everything what it found, and ends with 0 where nothing is wrong", async (t) => {
    const { registry } = await serveOrders(t);
    const { exitCode, stdout } = await rpc(["doctor", "--registry", registry]);
    assert.equal(exitCode, 0, stdout);
    assert.match(stdout, /^ok +Node +\d+\./m);
    assert.match(stdout, /^ok +registry +file:\S+ answers: it has shop\.Orders$/m);
    assert.match(stdout, /^ok +packages +\d+ of @rpc, all \d/m);
    assert.match(stdout, /^(?:ok|warning) +file descriptors +\d+/m);
  });

  test("ends with 1 where something is wrong: a registry that is away, a port that is taken", async (t) => {
    const down = await rpc(["doctor", "--registry", "redis://127.0.0.1:1", "--json"]);
    assert.equal(down.exitCode, 1);
    const { findings } = JSON.parse(down.stdout);
    assert.match(
      JSON.stringify(findings),
      /"subject":"registry","state":"wrong","found":"the registry redis:\/\/127\.0\.0\.1:1 cannot be read/,
    );
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    t.after(() => taken.close());
    const { port } = taken.address() as AddressInfo;
    const { exitCode, stdout } = await rpc(["doctor", "--registry", await openDirectory(t), "--port", String(port)]);
    assert.equal(exitCode, 1);
    assert.match(
      stdout,
      new RegExp(`^wrong +port ${port} +127\\.0\\.0\\.1 cannot be listened on: EADDRINUSE\\n +→ another process`, "m"),
    );
  });

  test("knows which Node is too old", () => {
    assert.deepEqual(
      ["18.0.0", "20.19.5", "20.20.0", "22.1.0"].map((version) => lookAtNode(version).state),
      ["wrong", "wrong", "ok", "ok"],
    );
  });

  test("finds a build that writes no decorator metadata, by what tsconfig.json extends, and by the scripts", async (t) => {
    const manifest = (scripts: object) => JSON.stringify({ dependencies: { "@rpc/decorators": "1.0.0" }, scripts });
    const good = await project(t, {
      "package.json": manifest({ build: "tsc" }),
      "tsconfig.json": '{ "extends": "./base", // as all\n "compilerOptions": { "emitDecoratorMetadata": true, }, }',
      "base.json": '{ "compilerOptions": { "experimentalDecorators": true, "emitDecoratorMetadata": false } }',
    });
    assert.deepEqual(
      (await lookAtBuild(good)).map(({ state }) => state),
      ["ok"],
    );
    const bad = await project(t, {
      "package.json": manifest({ dev: "tsx watch src/main.ts" }),
      "tsconfig.json": '{"compilerOptions": {"experimentalDecorators": true}}',
    });
    const [tsconfig, script] = await lookAtBuild(bad);
    assert.deepEqual(
      [tsconfig?.state, tsconfig?.fix],
      ["wrong", '"compilerOptions": { "emitDecoratorMetadata": true }'],
    );
    assert.match(script?.found ?? "", /"dev" runs tsx/);
    assert.deepEqual(
      (await lookAtBuild(tmpdir())).map(({ state }) => state),
      ["ok"],
    );
  });

  test("finds packages of several versions, and a second copy of core", async (t) => {
    const one = "node_modules/@rpc/core/package.json";
    const mixed = await project(t, {
      [one]: installed("1.0.0"),
      "node_modules/@rpc/balancer/package.json": installed("1.1.0"),
    });
    assert.match(
      (await lookAtPackages(mixed))[0]?.found ?? "",
      /versions differ: @rpc\/balancer 1\.1\.0, @rpc\/core 1\.0\.0/,
    );
    const twice = await project(t, {
      [one]: installed("1.0.0"),
      "node_modules/lib/node_modules/@rpc/core/package.json": installed("1.0.0"),
    });
    assert.match((await lookAtPackages(twice))[0]?.found ?? "", /there are 2 copies of @rpc\/core/);
    assert.equal((await lookAtPackages(join(twice, "node_modules/lib")))[0]?.state, "wrong");
    assert.match((await lookAtPackages(await project(t, {})))[0]?.found ?? "", /none of @rpc is installed/);
  });
});
