import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createProject, type TestProject } from "./project.fixture.js";

const text = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../src/codegen/${name}`, import.meta.url)), "utf8");

describe("a source that writes things down in every other way", () => {
  let project: TestProject;
  before(() => {
    project = createProject({
      "src/edge.ts": text("awkward-source.txt"),
      "src/rpc.ts": 'export { Method as Call, Service } from "@rpc/decorators";\n',
      "src/opts.ts": `export const times = { short: 1_000, long: 60 * 1000 } as const;
export const NAME = "Edge" as const;
export const shared = { idempotent: true, failMode: "failfast" } as const;
`,
    });
  });
  after(() => project.delete());

  test("is read as it is meant: awkward-client.txt is what callers get, though no package is installed", async () => {
    await project.generate({ cache: false });
    assert.equal(project.read("src/generated/edge.client.ts"), text("awkward-client.txt"));
    const { services } = JSON.parse(project.read("src/generated/contract.json"));
    const { methods, types } = services.Edge;
    assert.equal(methods.put.signature, 'put(value: Dto, ...more: Dto[]): Promise<"id" | "name">');
    assert.deepEqual(methods.put.parameters[1], { name: "more", schema: { $ref: "#/types/Dto" }, rest: true });
    assert.deepEqual(methods.get.description, "Gets.");
    assert.deepEqual(types.Dto.required, ["ident", "at", "label", "items", "odd-name", "42"]);
    assert.deepEqual(types.Base2OfDto.properties.map, {
      tsType: "Map",
      keys: { type: "string" },
      values: { $ref: "#/types/Dto" },
    });
    assert.deepEqual(types.Id2, { type: "string" });
    assert.deepEqual(methods.idx.parameters[0].schema, {
      type: "object",
      properties: { length: { type: "number" } },
      required: ["length"],
      additionalProperties: { type: "string" },
    });
    assert.deepEqual(types.Pair, {
      type: "array",
      prefixItems: [{ $ref: "#/types/Pair" }],
      minItems: 0,
      items: { type: "string" },
    });
    assert.deepEqual(methods.nul.parameters[3], { name: "d", schema: { type: "string" }, optional: true });
  });
});
