import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Contract, Schema } from "./contract.js";
import { contracts } from "./contracts.js";
import { hashesOf } from "./hash/hashes-of.js";

const contract = (amount: Schema): Contract => ({
  format: 1,
  services: {
    Shop: {
      types: {},
      methods: {
        place: {
          signature: "place(amount: number): void",
          kind: "unary",
          parameters: [{ name: "amount", schema: amount }],
          result: { tsType: "undefined" },
          alias: ["put"],
        },
        ping: { signature: "ping(): void", kind: "unary", parameters: [], result: { tsType: "undefined" } },
      },
    },
  },
});

describe("what core is given of a contract", () => {
  const ours = contracts(contract({ type: "number" }));

  test("it tells services and hashes, those of other names of a method too", () => {
    const hash = hashesOf(contract({ type: "number" }))["Shop"]!["place"]!;
    assert.match(hash, /^[0-9a-f]{16}$/);
    assert.deepEqual([...ours.services], ["Shop"]);
    assert.deepEqual([ours.hashOf("Shop", "place"), ours.hashOf("Shop", "put")], [hash, hash]);
    assert.deepEqual([ours.hashOf("Shop", "constructor"), ours.hashOf("toString", "place")], [undefined, undefined]);
    assert.deepEqual(ours.describe("Shop"), contract({ type: "number" }).services["Shop"]);
    assert.equal(ours.describe("Other"), undefined);
  });

  test("a hash stays the same from one version of this package to the next, or every mixed cluster would compare", () => {
    assert.deepEqual(hashesOf(contract({ type: "number" })), {
      Shop: { place: "7dd8786f994e2be4", ping: "a146fc885a53bea3" },
    });
  });

  test("of a server's contract only what breaks is told, by method", () => {
    const theirs = contracts(contract({ type: "string" })).describe("Shop");
    assert.deepEqual(ours.breaking("Shop", theirs), [
      { method: "place", what: "amount took number, and takes string now" },
    ]);
    assert.deepEqual(ours.breaking("Shop", ours.describe("Shop")), []);
    assert.deepEqual(ours.breaking("Unknown", theirs), []);
    assert.throws(() => ours.breaking("Shop", { methods: 5 }), { reason: "BAD_CONTRACT" });
  });
});
