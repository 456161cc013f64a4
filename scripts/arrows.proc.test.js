import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { root } from "./workspaces.js";

const libraries = [
  "inversify",
  "reflect-metadata",
  "class-transformer",
  "winston",
  "msgpackr",
  "etcd3",
  "cockatiel",
  "node-zookeeper-client",
  "ioredis",
  "dns-packet",
  "multicast-dns",
  "ts-morph",
];
const others = ["fast-check", "chalk", "undeclared", "shared-dev"];

/** A tree that keeps every rule: the file, and what it holds. */
const allowed = {
  "packages/core/src/contract/call.ts": `import type { Duplex } from "node:stream"; export type Call = Duplex; export const one = 1;`,
  "packages/core/src/contract/cousin.ts": `export type * from "./call.js";`,
  "packages/core/src/wire/frame.ts": `export { one } from "../contract/call.js";`,
  "packages/core/src/wire/frame.test.ts": `import fc from "fast-check"; import "./frame.js"; import "../testing/index.js"; fc;`,
  "packages/core/src/wire/frame.types.ts": `import type { Call } from "../testing/index.js"; export type X = Call;`,
  "packages/core/src/session/session.ts": `import "../wire/frame.js"; import "../contract/call.js"; import "../clock/ticker.js"; import "../stats/histogram.js";`,
  "packages/core/src/stats/histogram.ts": `import "../contract/call.js";`,
  "packages/core/src/session/session.test.ts": `import "./session.js"; import "../client/channel.js"; import "../server/serve.js";`,
  "packages/core/src/session/whole.fixture.ts": `import "../client/channel.js"; import "../server/serve.js";`,
  "packages/core/src/clock/ticker.ts": `import "../contract/call.js";`,
  "packages/core/src/clock/system-clock.ts": `import type { Call } from "../contract/call.js"; export type X = Call;`,
  "packages/core/src/discovery/watch-loop.ts": `import "../clock/ticker.js"; import "../contract/call.js";`,
  "packages/core/src/ambient/index.ts": `import "../contract/call.js"; import "../items/endable.js"; import "node:async_hooks";`,
  "packages/core/src/items/endable.ts": `import "../contract/call.js"; import "node:stream";`,
  "packages/core/src/service/bind.ts": `import "../contract/call.js"; import "../items/endable.js";`,
  "packages/core/src/transport/tcp.ts": `import "../contract/call.js"; import "node:net";`,
  "packages/core/src/interceptors/index.ts": `import "../contract/call.js"; import "../items/endable.js";`,
  "packages/core/src/codecs/msgpack.ts": `import "../contract/call.js"; export const late = () => import("msgpackr");`,
  "packages/core/src/host/dispatcher.ts": `import "../session/session.js"; import "../interceptors/index.js"; import "../ambient/index.js";`,
  "packages/core/src/client/channel.ts": `import "../host/dispatcher.js"; import "../session/session.js"; import "../clock/system-clock.js"; import "../transport/tcp.js";`,
  "packages/core/src/server/serve.ts": `import "../host/dispatcher.js"; import "../session/session.js"; import "../ambient/index.js"; import "../codecs/msgpack.js";`,
  "packages/core/src/testing/index.ts": `export type * from "../contract/call.js"; import "../client/channel.js"; import "../server/serve.js";`,
  "packages/core/src/stray.ts": `export {};`,
  "packages/core/src/index.ts": `export * from "./contract/call.js"; import "./client/channel.js"; import "./server/serve.js";`,
  "packages/balancer/src/index.ts": `import "@rpc/core"; import "@rpc/core/interceptors";`,
  "packages/balancer/src/index.test.ts": `import "./index.js"; import "@rpc/core/testing"; import "fast-check";`,
  "packages/registry-file/src/index.ts": `import "@rpc/core";`,
  "packages/registry-file/src/member.fixture.ts": `import "./index.js"; import "@rpc/core/testing";`,
  "packages/registry-file/src/member.test.ts": `import "./member.fixture.js";`,
  "packages/registry-etcd/src/index.ts": `import "@rpc/core"; import "etcd3"; import "cockatiel";`,
  "packages/decorators/src/index.ts": `import "@rpc/core"; import "@rpc/balancer"; import "@rpc/registry-file"; import "inversify"; import "winston"; import "reflect-metadata"; import "class-transformer";`,
  "packages/schema/src/index.ts": `import "@rpc/core";`,
  "packages/codegen/src/index.ts": `import "@rpc/core"; import "@rpc/schema"; import "ts-morph";`,
  "packages/cli/src/index.ts": `import "@rpc/codegen"; export const registry = () => import("@rpc/registry-etcd");`,
  "packages/create/src/main.ts": `export const made = () => import("@rpc/cli");`,
  "test/src/whole.test.ts": `import "@rpc/core/testing"; import "@rpc/decorators"; import "msgpackr"; import "fast-check";`,
  "bench/src/main.ts": `import "@rpc/core"; import "@rpc/core/testing"; import "msgpackr";`,
  "examples/shop/src/main.ts": `import "@rpc/decorators"; import "inversify";`,
};

/** For each rule files that break it, and no other. */
const forbidden = {
  "package-core": { "packages/core/src/client/breaks-1.ts": `import "@rpc/balancer";` },
  "package-balancer": { "packages/balancer/src/breaks.ts": `import "@rpc/registry-file";` },
  "package-registry": { "packages/registry-file/src/breaks.ts": `import "@rpc/registry-etcd";` },
  "package-decorators": { "packages/decorators/src/breaks.ts": `import "@rpc/codegen";` },
  "package-schema": { "packages/schema/src/breaks.ts": `import "@rpc/balancer";` },
  "package-codegen": { "packages/codegen/src/breaks.ts": `import type {} from "@rpc/decorators";` },
  "package-cli": {
    "packages/cli/src/breaks.ts": `import "@rpc/registry-etcd";`,
    "packages/cli/src/breaks-2.ts": `import "@rpc/decorators";`,
  },
  "package-create": { "packages/create/src/breaks.ts": `import "@rpc/codegen";` },
  "core-contract": { "packages/core/src/contract/breaks.ts": `import type {} from "../wire/frame.js";` },
  "core-wire": { "packages/core/src/wire/breaks.ts": `import "../session/session.js";` },
  "core-session": {
    "packages/core/src/session/breaks.ts": `import "../codecs/msgpack.js";`,
    "packages/core/src/session/breaks-type.ts": `import type {} from "../client/channel.js";`,
    "packages/core/src/session/breaks-lazily.ts": `export const late = () => import("../server/serve.js");`,
  },
  "core-stats": { "packages/core/src/stats/breaks.ts": `import "../session/session.js";` },
  "core-ambient": { "packages/core/src/ambient/breaks.ts": `import "../wire/frame.js";` },
  "core-clock": { "packages/core/src/clock/breaks.ts": `import "../ambient/index.js";` },
  "core-codecs": { "packages/core/src/codecs/breaks.ts": `import "../transport/tcp.js";` },
  "core-discovery": { "packages/core/src/discovery/breaks.ts": `import "../session/session.js";` },
  "core-interceptors": { "packages/core/src/interceptors/breaks.ts": `import "../session/session.js";` },
  "core-streams": { "packages/core/src/streams/breaks.ts": `import "../session/session.js";` },
  "core-items": { "packages/core/src/items/breaks.ts": `import "../service/bind.js";` },
  "core-limits": { "packages/core/src/limits/breaks.ts": `import "../session/session.js";` },
  "core-overload": { "packages/core/src/overload/breaks.ts": `import "../session/session.js";` },
  "core-service": { "packages/core/src/service/breaks.ts": `import "../session/session.js";` },
  "core-transport": { "packages/core/src/transport/breaks.ts": `import "../wire/frame.js";` },
  "core-host": {
    "packages/core/src/host/breaks.ts": `import "../client/channel.js";`,
    "packages/core/src/host/breaks-2.ts": `import "../server/serve.js";`,
  },
  "core-client": {
    "packages/core/src/client/breaks-2.ts": `import "../server/serve.js";`,
    "packages/core/src/client/breaks-3.ts": `export { one } from "../wire/frame.js";`,
  },
  "core-server": { "packages/core/src/server/breaks.ts": `import type {} from "../client/channel.js";` },
  "core-testing": { "packages/core/src/testing/breaks.ts": `import "../stray.js";` },
  "core-files-live-in-folders": { "packages/core/src/breaks-top.ts": `import "./contract/call.js";` },
  "core-contract-is-types": {
    "packages/core/src/contract/breaks-builtin.ts": `import "node:net";`,
    "packages/core/src/contract/breaks-library.ts": `import "declared";`,
  },
  "core-contract-duplex-type-only": {
    "packages/core/src/contract/breaks-value.ts": `import { Duplex } from "node:stream"; Duplex;`,
  },
  "core-real-clock-at-the-entrance": {
    "packages/core/src/session/breaks-clock.ts": `import "../clock/system-clock.js";`,
  },
  "index-is-the-top": { "packages/balancer/src/breaks-index.ts": `import "./index.js";` },
  "testing-is-for-tests": {
    "packages/core/src/client/breaks-testing.ts": `import "../testing/index.js";`,
    "packages/balancer/src/breaks-testing.ts": `import "@rpc/core/testing";`,
    "examples/shop/src/breaks-testing.ts": `import "@rpc/core/testing";`,
  },
  "tests-are-ends": {
    "packages/core/src/wire/breaks-test.ts": `import "./frame.test.js";`,
    "packages/core/src/wire/breaks-test.test.ts": `import "./frame.test.js";`,
  },
  "fixtures-are-for-tests": {
    "packages/registry-file/src/breaks-fixture.ts": `import "./member.fixture.js";`,
    "packages/core/src/wire/breaks-types.ts": `import type {} from "./frame.types.js";`,
  },
  "no-circular": {
    "packages/core/src/wire/cycle-a.ts": `import { b } from "./cycle-a-other-end.js"; export const a = () => b;`,
    "packages/core/src/wire/cycle-a-other-end.ts": `import { a } from "./cycle-a.js"; export const b = () => a;`,
    "packages/core/src/wire/cycle-c.ts": `import type { D } from "./cycle-c-other-end.js"; export type C = D;`,
    "packages/core/src/wire/cycle-c-other-end.ts": `import type { C } from "./cycle-c.js"; export type D = C;`,
  },
  "no-deep-import": {
    "packages/decorators/src/breaks-deep.ts": `import "../../core/src/wire/frame.js";`,
    "packages/decorators/src/breaks-deep-dist.ts": `import "../../core/dist/index.js";`,
    "test/src/breaks-deep.ts": `import "../../packages/core/src/wire/frame.js";`,
  },
  "no-self-import": { "packages/balancer/src/breaks-self.ts": `import "@rpc/balancer";` },
  "examples-and-tools-are-ends": { "packages/cli/src/breaks-tool.ts": `import "../../../scripts/tool.js";` },
  "not-resolvable": {
    "packages/decorators/src/breaks-subpath.ts": `import "@rpc/core/dist/wire/frame.js";`,
    "packages/balancer/src/breaks-unlisted.ts": `import "@rpc/core/wire";`,
    "packages/balancer/src/breaks-missing.ts": `import "./nowhere.js";`,
    "packages/balancer/src/breaks-absent.ts": `import "not-installed";`,
  },
  "not-declared": {
    "packages/balancer/src/breaks-undeclared.ts": `import "undeclared";`,
    "packages/balancer/src/breaks-dev.ts": `import "fast-check";`,
    "packages/balancer/src/breaks-sibling.ts": `import "@rpc/core"; import "chalk";`,
    "packages/decorators/src/breaks-own-dev.ts": `import "shared-dev";`,
    "test/src/breaks-undeclared.ts": `import "undeclared";`,
  },
  "not-declared-for-tests": { "packages/balancer/src/breaks-undeclared.test.ts": `import "undeclared";` },
  ...Object.fromEntries(
    libraries.map((library) => [
      `home-of-${library}`,
      { [`packages/registry-file/src/breaks-${library}.ts`]: `import "${library}";` },
    ]),
  ),
};

/** A cycle is reported at one of its files, no matter which. */
const inCycleOnce = (/** @type {readonly string[]} */ names) => [
  ...new Set(names.map((name) => name.replace("-other-end", ""))),
];

describe("the import arrows", () => {
  let folder = "";
  before(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "arrows-")));
    plant();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("let everything pass that the drawing allows, and do see the imports", () => {
    const { violations, imports } = cruise();
    assert.deepEqual(violations, []);
    assert.ok(
      imports.includes("packages/core/src/wire/frame.ts -> packages/core/src/contract/call.ts"),
      imports.join("\n"),
    );
    assert.ok(imports.includes("packages/balancer/src/index.ts -> packages/core/dist/index.js"), imports.join("\n"));
  });

  it("stop every import against them, each by the rule that says why", () => {
    for (const files of Object.values(forbidden)) write(files);
    const { violations } = cruise();
    const found = new Map(Object.keys(forbidden).map((rule) => [rule, /** @type {Set<string>} */ (new Set())]));
    for (const { rule, from } of violations) found.get(rule)?.add(inCycleOnce([from])[0] ?? from);
    for (const [rule, files] of Object.entries(forbidden)) {
      assert.deepEqual([...(found.get(rule) ?? [])].sort(), inCycleOnce(Object.keys(files)).sort(), rule);
    }
    for (const { from } of violations) assert.match(from, /breaks|cycle-/, "a file that breaks nothing was reported");
  });

  it("have no rule without a file here that breaks it", () => {
    assert.deepEqual(cruise().rules.sort(), Object.keys(forbidden).sort());
  });

  it("ask for a row for every package and every folder of core", () => {
    write({ "packages/newcomer/src/index.ts": "export {};", "packages/core/src/corner/index.ts": "export {};" });
    const { status, stderr } = depcruise();
    assert.notEqual(status, 0);
    assert.match(stderr, /packages\/newcomer has no row/);
    assert.match(stderr, /packages\/core\/src\/corner has no row/);
  });

  function plant() {
    write(allowed);
    write({
      "scripts/tool.js": "",
      "package.json": JSON.stringify({ devDependencies: { "fast-check": "1.0.0", "shared-dev": "1.0.0" } }),
    });
    for (const name of [...libraries, ...others, "declared"]) {
      write({
        [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: "1.0.0", main: "index.js" }),
        [`node_modules/${name}/index.js`]: "",
      });
    }
    for (const name of [
      "core",
      "balancer",
      "registry-file",
      "registry-etcd",
      "decorators",
      "schema",
      "codegen",
      "cli",
      "create",
    ])
      plantPackage(name);
    const everything = Object.fromEntries(
      [...libraries, "@rpc/core", "@rpc/decorators"].map((name) => [name, "1.0.0"]),
    );
    for (const tool of ["test", "bench", "examples/shop"]) {
      write({
        [`${tool}/package.json`]: JSON.stringify({
          name: tool,
          dependencies: everything,
          devDependencies: { "fast-check": "1.0.0" },
        }),
      });
    }
  }

  function plantPackage(/** @type {string} */ name) {
    const subpaths =
      name === "core"
        ? { "./interceptors": "./dist/interceptors/index.js", "./testing": "./dist/testing/index.js" }
        : {};
    const declared = [
      ...libraries,
      "declared",
      "@rpc/core",
      "@rpc/balancer",
      "@rpc/registry-file",
      "@rpc/registry-etcd",
      "@rpc/decorators",
      "@rpc/schema",
      "@rpc/codegen",
    ];
    const manifest = {
      name: `@rpc/${name}`,
      version: "1.0.0",
      type: "module",
      exports: { ".": "./dist/index.js", ...subpaths },
      dependencies: Object.fromEntries(
        declared.filter((library) => library !== `@rpc/${name}`).map((library) => [library, "1.0.0"]),
      ),
      ...(name === "decorators" && { devDependencies: { "shared-dev": "1.0.0" } }),
    };
    write({ [`packages/${name}/package.json`]: JSON.stringify(manifest) });
    for (const path of ["./dist/index.js", ...Object.values(subpaths)])
      write({ [`packages/${name}/${path}`]: "export {};" });
    mkdirSync(join(folder, "node_modules/@rpc"), { recursive: true });
    symlinkSync(join(folder, "packages", name), join(folder, "node_modules/@rpc", name));
  }

  function write(/** @type {Record<string, string>} */ files) {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  }

  function depcruise() {
    const args = [
      `${root}/node_modules/dependency-cruiser/bin/dependency-cruise.mjs`,
      "--config",
      `${root}/.dependency-cruiser.cjs`,
    ];
    const paths = ["packages/*/src", "examples/*/src", "test/src", "bench/src"];
    return spawnSync(process.execPath, [...args, "--output-type", "json", ...paths], {
      cwd: folder,
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    });
  }

  function cruise() {
    const { stdout, stderr } = depcruise();
    assert.equal(stderr, "");
    const { summary, modules } = JSON.parse(stdout);
    return {
      rules: /** @type {string[]} */ (summary.ruleSetUsed.forbidden.map((/** @type {any} */ { name }) => name)),
      violations: /** @type {{ rule: string, from: string, to: string }[]} */ (
        summary.violations.map((/** @type {any} */ { rule, from, to }) => ({ rule: rule.name, from, to }))
      ),
      imports: /** @type {string[]} */ (
        modules.flatMap((/** @type {any} */ { source, dependencies }) =>
          dependencies.map((/** @type {any} */ { resolved }) => `${source} -> ${resolved}`),
        )
      ),
    };
  }
});
