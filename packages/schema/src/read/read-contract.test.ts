import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "@rpc/core";
import { readContract } from "./read-contract.js";

const method = { signature: "run(): void", kind: "unary", parameters: [], result: {} };
const service = (more: object): unknown => ({ format: 1, services: { Shop: { methods: {}, types: {}, ...more } } });
const result = (schema: unknown): unknown => service({ methods: { run: { ...method, result: schema } } });

describe("reading a contract", () => {
  const wrong: readonly (readonly [json: unknown, says: string])[] = [
    [undefined, "the whole: expected an object, got nothing"],
    [[], "the whole: expected an object, got an array"],
    [
      { format: 2, services: {} },
      "format: expected 1: write it again with the `rpc generate` of this version, got number 2",
    ],
    [{ format: 1 }, "services: expected an object, got nothing"],
    [{ format: 1, services: {}, x: 1 }, "x is not known here: known are format, services"],
    [service({ methods: [] }), "services.Shop.methods: expected an object, got an array"],
    [
      service({ methods: { "a.b": { ...method, kind: "both" } } }),
      'services.Shop.methods["a.b"].kind: expected one of unary, server, client, duplex, got "both"',
    ],
    [service({ methods: { run: { ...method, timeoutMs: 0 } } }), "a number of milliseconds above 0, got number 0"],
    [
      service({ methods: { run: { ...method, parameters: [{ name: "a", schema: {}, optional: false }] } } }),
      "parameters[0].optional: expected true, got boolean false",
    ],
    [
      service({
        methods: {
          run: {
            ...method,
            parameters: [
              { name: "a", schema: {}, rest: true },
              { name: "b", schema: {} },
            ],
          },
        },
      }),
      "parameters[0].rest: only the last parameter takes the rest",
    ],
    [service({ errors: [{ name: "A", reason: "A", code: "nope" }] }), "errors[0].code: expected one of cancelled"],
    [result("string"), "run.result: expected an object"],
    [result({ type: "text" }), "run.result.type: expected one of object"],
    [result({ pattern: "a" }), "run.result.pattern is not known here"],
    [result({ type: "string", anyOf: [] }), "run.result: type and anyOf do not stand beside each other"],
    [result({ $ref: "#/types/Order" }), "run.result.$ref: the service has no type named Order"],
    [result({ $ref: "#/$defs/Order" }), "run.result.$ref: expected #/types/ and a name"],
    [result({ type: "string", items: {} }), 'run.result.items says nothing without type "array" or tsType "Set"'],
    [result({ type: "object", required: ["a"] }), "run.result.required[0]: properties has no field named a"],
    [result({ type: "array", minItems: -1 }), "run.result.minItems: expected a whole number"],
    [result({ enum: [{}] }), "run.result.enum[0]: expected a string, a number, true, false or null"],
    [result(JSON.parse('{"type":"object","properties":{"__proto__":{}}}')), "__proto__"],
  ];
  for (const [json, says] of wrong)
    test(`is refused with the place: ${says}`, () => {
      assert.throws(
        () => readContract(json),
        (error) =>
          error instanceof RpcError &&
          error.reason === "BAD_CONTRACT" &&
          error.code === "invalid_argument" &&
          error.message.startsWith("the contract cannot be used: ") &&
          error.message.includes(says),
      );
    });
});
