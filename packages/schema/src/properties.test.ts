import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { changed, contractOf, drawing, type Given, given, numbers, sampleOf } from "./arbitrary.fixture.js";
import { compareContracts } from "./compare/compare-contracts.js";
import type { Contract, Schema } from "./contract.js";
import { hashesOf } from "./hash/hashes-of.js";
import { readContract } from "./read/read-contract.js";
import { typesOf } from "./types/alternatives.js";
import { fitting } from "./types/fits.js";
import { checksOf } from "./validate/checks.js";
import { faultIn } from "./validate/explain.js";

/** What validation says of an argument, by `ajv` and in words; both agree or the test that asks fails. */
function faultsOf(contract: Contract, value: unknown): string | undefined {
  const service = contract.services["Shop"]!;
  const method = service.methods["take"]!;
  const fault = checksOf(service)(method).input([value]);
  const said = faultIn(value, typesOf(service.types)(method.parameters[0]!.schema), "x");
  assert.deepEqual(fault, said, "ajv and the explanation do not agree");
  return fault && JSON.stringify(fault);
}

const after = ({ schema, types }: Given, draw: (below: number) => number): Given => ({
  schema: changed(schema, draw),
  types: Object.fromEntries(Object.entries(types).map(([name, one]) => [name, changed(one, draw)])),
});

/** Reversed and renamed, as another generator might have written it. */
function rewritten(schema: Schema): Schema {
  const turned = Object.entries(schema).toReversed();
  const of = (key: string, value: unknown): unknown => {
    if (key === "$ref") return String(value) === "#/types/A" ? "#/types/Z" : "#/types/Y";
    if (key === "properties")
      return Object.fromEntries(
        Object.entries(value as Record<string, Schema>)
          .toReversed()
          .map(([k, v]) => [k, rewritten(v)]),
      );
    if (key === "prefixItems") return (value as Schema[]).map(rewritten);
    if (key === "anyOf") return (value as Schema[]).map(rewritten).toReversed();
    if (key === "enum" || key === "required") return [...(value as unknown[])].toReversed();
    return typeof value === "object" && value !== null && !Array.isArray(value) ? rewritten(value as Schema) : value;
  };
  return { description: "in other words", ...Object.fromEntries(turned.map(([key, value]) => [key, of(key, value)])) };
}

describe("contracts of any types", () => {
  test("what a type allows is let through, so that no right call is refused", () => {
    let tried = 0;
    fc.assert(
      fc.property(given, numbers, (one, drawn) => {
        const contract = readContract(contractOf(one));
        const made = sampleOf(typesOf(one.types)(one.schema), drawing(drawn));
        if (made === undefined) return;
        tried++;
        assert.equal(faultsOf(contract, made.value), undefined);
      }),
      { numRuns: 50 },
    );
    assert.ok(tried > 25, `${tried} values`);
  });

  test("what another type allows is judged alike by the check and by its explanation", () => {
    let refused = 0;
    fc.assert(
      fc.property(given, given, numbers, (one, other, drawn) => {
        const made = sampleOf(typesOf(other.types)(other.schema), drawing(drawn));
        if (made !== undefined && faultsOf(contractOf(one), made.value) !== undefined) refused++;
      }),
      { numRuns: 40 },
    );
    assert.ok(refused > 5, `${refused} refused`);
  });

  test("nothing differs between a contract and itself, nor one that is only written otherwise, and the hashes are equal", () => {
    fc.assert(
      fc.property(given, (one) => {
        const contract = contractOf(one);
        const types = { Z: rewritten(one.types["A"]!), Y: rewritten(one.types["B"]!) };
        const other = readContract(contractOf({ schema: rewritten(one.schema), types }));
        assert.deepEqual(compareContracts(contract, readContract(structuredClone(contract))), []);
        assert.deepEqual(compareContracts(contract, other), []);
        assert.deepEqual(hashesOf(contract), hashesOf(other));
      }),
      { numRuns: 100 },
    );
  });

  test("where a change counts as compatible, every argument that was right before still is, and results are what was promised", () => {
    let compatible = 0;
    let breaking = 0;
    fc.assert(
      fc.property(given, numbers, numbers, (one, changes, drawn) => {
        const old = contractOf(one);
        const now = contractOf(after(one, drawing(changes)));
        const differences = compareContracts(old, now);
        const hurts = (path: string) => differences.some((one) => one.breaking && one.path.startsWith(path));
        for (const [path, giver, taker] of [
          ["x", old, now],
          ["result", now, old],
        ] as const) {
          if (hurts(path)) {
            breaking++;
            continue;
          }
          const shop = giver.services["Shop"]!;
          const made = sampleOf(typesOf(shop.types)(shop.methods["take"]!.parameters[0]!.schema), drawing(drawn));
          if (made === undefined) continue;
          if (differences.length > 0) compatible++;
          assert.equal(faultsOf(taker, made.value), undefined, JSON.stringify(differences));
        }
      }),
      { numRuns: 70 },
    );
    assert.ok(compatible > 3 && breaking > 10, `${compatible} compatible, ${breaking} breaking`);
  });

  test("what is told as breaking is exactly what does not fit: nothing is hidden, and no alarm is false", () => {
    fc.assert(
      fc.property(given, numbers, (one, changes) => {
        const other = after(one, drawing(changes));
        const differences = compareContracts(contractOf(one, true), contractOf(other, true));
        const [before, now] = [typesOf(one.types)(one.schema), typesOf(other.types)(other.schema)];
        const without = (type: typeof before) => () =>
          type().filter((part) => !(part.is === "scalar" && part.name === "undefined"));
        const taken = fitting().all(without(before), without(now));
        assert.equal(differences.filter(({ breaking, path }) => breaking && path.startsWith("x")).length === 0, taken);
        const given = fitting().all(now, before);
        assert.equal(
          differences.filter(({ breaking, path }) => breaking && path.startsWith("result")).length === 0,
          given,
        );
      }),
      { numRuns: 150 },
    );
  });

  test("equal hashes mean that nothing differs, since they keep the two ends from comparing", () => {
    let equal = 0;
    fc.assert(
      fc.property(given, numbers, (one, changes) => {
        const [old, now] = [contractOf(one), contractOf(after(one, drawing(changes)))];
        if (hashesOf(old)["Shop"]?.["take"] !== hashesOf(now)["Shop"]?.["take"]) return;
        equal++;
        assert.deepEqual(compareContracts(old, now), []);
      }),
      { numRuns: 100 },
    );
    assert.ok(equal > 8, `${equal} equal`);
  });
});
