import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { generate } from "@rpc/codegen";
import { bind, type Client, createClient, createDispatcher, memoryTransport } from "@rpc/core";
import { createApp, InjectClient, serviceOf } from "@rpc/decorators";
import { memoryRegistry } from "@rpc/registry-memory";
import { readContract, validating } from "@rpc/schema";
import { transformSync } from "esbuild";
import ts from "typescript";
import { Everything } from "./everything.fixture.js";
import { EverythingService, type Everything as Generated, SoldOut, Zone } from "./generated/shop-everything.client.js";

const folder = fileURLToPath(new URL("../../src/codegen/", import.meta.url));
const file = `${folder}generated/shop-everything.client.ts`;

describe("a client that was generated", () => {
  test("is byte for byte what the class says", async () => {
    const options = {
      cwd: folder,
      project: "../../tsconfig.json",
      sources: ["everything.fixture.ts"],
      out: "generated",
    };
    const { upToDate, written, services } = await generate({ ...options, check: true, cache: false });
    const how = "in test/src/codegen: rpc generate everything.fixture.ts --project ../../tsconfig.json --out generated";
    assert.deepEqual({ upToDate, written }, { upToDate: true, written: [] }, how);
    assert.deepEqual(
      services.map(({ name, descriptorName, file: path }) => [name, descriptorName, path]),
      [["shop.everything", "EverythingService", "generated/shop-everything.client.ts"]],
    );
  });

  test("is accepted by the strictest compiler, without decorators and without what types cannot erase", () => {
    const options: ts.CompilerOptions = {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noPropertyAccessFromIndexSignature: true,
      noImplicitOverride: true,
      noUnusedLocals: true,
      isolatedModules: true,
      isolatedDeclarations: true,
      declaration: true,
      verbatimModuleSyntax: true,
      erasableSyntaxOnly: true,
      skipLibCheck: true,
      noEmit: true,
      types: ["node"],
    };
    const program = ts.createProgram([file], options);
    const errors = ts.getPreEmitDiagnostics(program);
    assert.deepEqual(
      errors.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
      [],
    );
  });

  test("is built by a tool that looks at one file, and imports nothing but core", () => {
    const { code } = transformSync(readFileSync(file, "utf8"), { loader: "ts", format: "esm" });
    assert.deepEqual(code.match(/from "[^"]*"/g), ['from "@rpc/core"']);
    assert.match(code, /defineService\("shop\.everything"/);
  });

  test("calls the class that it was generated from", async () => {
    const { invoke } = createDispatcher([bind(serviceOf(Everything), new Everything())]);
    const client = createClient(EverythingService, invoke);
    const order = {
      id: "1",
      lines: [],
      status: "new",
      at: new Date(0),
      tags: new Set<string>(),
      parts: new Map(),
      total: 1n,
      position: [1, 2] as [number, number],
      extra: {},
    } as const;
    assert.equal(await client.place(order), "new");
    assert.deepEqual(await client.find("1"), order);
    assert.deepEqual(await client.enums(Zone.home, 10), { zone: "home", size: 10 });
    const watched = [];
    for await (const { id } of client.watch("new")) watched.push(id);
    assert.deepEqual(watched, ["1"]);
    async function* lines() {
      yield { id: "l", sku: "tea", count: 3, note: null };
    }
    assert.equal(await client.collect("ab", lines()), 5);
    await assert.rejects(client.place(order, { owner: "nobody" }), { reason: SoldOut.reason });
  });

  test("is injected like the class, and is an instance of the same class", async () => {
    class Caller {
      constructor(
        @InjectClient(Everything) readonly ofClass: Client<Everything>,
        @InjectClient(EverythingService) readonly generated: Client<Generated>,
        @InjectClient(EverythingService) readonly asClass: Client<Everything>,
      ) {}
    }
    const app = await createApp({
      services: [Everything],
      clients: [Caller],
      listen: "memory://",
      transports: { memory: memoryTransport() },
      registry: memoryRegistry(),
      logger: false,
    });
    const { ofClass, generated, asClass } = app.get(Caller);
    assert.equal(generated.constructor, ofClass.constructor);
    assert.equal(Object.getPrototypeOf(generated), Object.getPrototypeOf(asClass));
    assert.equal(generated, asClass, "one client for each descriptor");
    await app.start();
    assert.deepEqual([await generated.early(1, "ab"), await ofClass.early(1, "ab")], [3, 3]);
    await app.stop();
  });

  test("comes with a contract that takes what the class takes, and says where something else does not fit", async () => {
    const contract = readContract(JSON.parse(readFileSync(`${folder}generated/contract.json`, "utf8")));
    const { invoke } = createDispatcher([bind(serviceOf(Everything), new Everything())], [validating(contract)]);
    const client = createClient(EverythingService, invoke);
    const line = { id: "l", sku: "tea", count: 3, note: null, "gift-wrap": undefined };
    const order = {
      id: "1",
      lines: [line],
      status: "paid",
      at: new Date(0),
      tags: new Set(["a"]),
      parts: new Map([["a", [line]]]),
      photo: new Uint8Array(2),
      total: 1n,
      position: [1, 2, "here"] as [number, number, string],
      extra: { any: [undefined, new Date(0)] },
      "x-more": 1,
    } as const;
    const fits = [
      client.place({ ...order, replaces: order }, { owner: "me", tags: new Set() }),
      client.primitives("", 0, true, 1n, null, undefined),
      client.literals("sent", -1, true, 10n, "/a"),
      client.optional(1, undefined, "c", line, line),
      client.spread("a"),
      client.early(undefined, "b"),
      client.enums(Zone.abroad, 0),
      client.containers(new Map([["a", new Set([line])]]), new Set([1]), [["a", null]], [new Date(0), order]),
      client.bytes(new Uint8Array(1), new ArrayBuffer(8), new Float64Array(1)),
      client.json([1, { a: [null] }], undefined, 1, {}),
      client.change({ kind: "removed", sku: "tea" }, { sku: "tea", count: 1 }),
      client.pages({ items: [{ items: [line], next: "2" }] }),
      client.rights(3),
      client.utilities(
        {},
        { id: "1", status: "new" },
        { sku: "a" },
        { id: "1", note: "" },
        { ...line, price: 1, "gift-wrap": true },
      ),
      client.keyed({ id: "1" }),
    ];
    await Promise.all(fits);
    const wrong: readonly (readonly [Promise<unknown>, RegExp])[] = [
      [client.place({ ...order, at: 0 as never }), /at.*Date/],
      [client.place({ ...order, lines: [{ ...line, count: "3" as never }] }), /lines.*0.*count/],
      [client.enums("moon" as never, 0), /zone/],
      [client.early(1, undefined as never), /second/],
      [client.optional(1, 2, "c", line, {} as never), /rest/],
      [client.change({ kind: "moved" } as never, { sku: "a", count: 1 }), /change/],
    ];
    for (const [answer, message] of wrong) await assert.rejects(answer, { code: "invalid_argument", message });
  });

  test("has the methods of the class in the order of the class, with the same options", () => {
    const told = ({
      name,
      kind,
      idempotent,
      timeoutMs,
      failMode,
      aliases,
    }: (typeof EverythingService.methods)[number]) => ({ name, kind, idempotent, timeoutMs, failMode, aliases });
    assert.deepEqual(EverythingService.methods.map(told), serviceOf(Everything).methods.map(told));
  });
});
