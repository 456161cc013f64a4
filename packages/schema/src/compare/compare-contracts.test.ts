import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Contract, MethodContract, ParameterContract, Schema, ServiceContract } from "../contract.js";
import { readContract } from "../read/read-contract.js";
import { compareContracts } from "./compare-contracts.js";

const text: Schema = { type: "string" };
const number: Schema = { type: "number" };
const order: Schema = {
  type: "object",
  properties: {
    id: text,
    state: { enum: ["open", "paid"] },
    lines: { type: "array", items: { $ref: "#/types/Line" } },
    note: text,
  },
  required: ["id", "state", "lines"],
};
const line: Schema = { type: "object", properties: { sku: text, amount: number }, required: ["sku", "amount"] };

function shop(methods: Record<string, Partial<MethodContract>>, more: Partial<ServiceContract> = {}): Contract {
  const whole = Object.entries(methods).map(([name, method]) => {
    const signature = `${name}()`;
    return [name, { signature, kind: "unary", parameters: [], result: { tsType: "undefined" }, ...method }];
  });
  const types = { Order: order, Line: line };
  return readContract({ format: 1, services: { Shop: { methods: Object.fromEntries(whole), types, ...more } } });
}

/** What is said, the breaking ones with a mark before them. */
function said(before: Contract, after: Contract): readonly string[] {
  return compareContracts(before, after).map(
    ({ breaking, service, method, what }) =>
      `${breaking ? "✖ " : ""}${[service, method].filter((name) => name !== undefined).join(".")}: ${what}`,
  );
}

const taking = (...parameters: ParameterContract[]): Contract => shop({ run: { parameters } });
const giving = (result: Schema): Contract => shop({ run: { result } });
const a = (schema: Schema, more: Partial<ParameterContract> = {}): ParameterContract => ({
  name: "a",
  schema,
  ...more,
});
const without = (schema: Schema, field: string): Schema => {
  const { [field]: _, ...properties } = schema.properties!;
  return { ...schema, properties, required: schema.required!.filter((name) => name !== field) };
};

describe("rules of breaking differences", () => {
  const cases: readonly (readonly [title: string, before: Contract, after: Contract, says: readonly string[]])[] = [
    [
      "a service is gone",
      shop({ run: {} }),
      readContract({ format: 1, services: {} }),
      ["✖ Shop: the service is gone"],
    ],
    ["a service is new", readContract({ format: 1, services: {} }), shop({ run: {} }), ["Shop: the service is new"]],
    ["a method is gone", shop({ run: {}, stop: {} }), shop({ stop: {} }), ["✖ Shop.run: the method is gone"]],
    [
      "a method was renamed",
      shop({ place: { parameters: [a(text)] } }),
      shop({ put: { parameters: [a(text)] } }),
      [
        '✖ Shop.place: the method is gone, or renamed to put: let that one have alias: "place"',
        "Shop.put: the method is new",
      ],
    ],
    [
      "a renamed method with an alias",
      shop({ place: {} }),
      shop({ put: { alias: ["place"] } }),
      ["Shop.place: it is called put now, and answers by its old name too", "Shop.put: the method is new"],
    ],
    [
      "an alias is gone",
      shop({ put: { alias: ["place"] } }),
      shop({ put: {} }),
      ["✖ Shop.put: it does not answer by the name place any more"],
    ],
    [
      "the kind changed",
      shop({ run: {} }),
      shop({ run: { kind: "server" } }),
      ["✖ Shop.run: it was a call with one answer, and is one whose result streams now"],
    ],
    [
      "no longer idempotent",
      shop({ run: { idempotent: true } }),
      shop({ run: {} }),
      ["✖ Shop.run: it is no longer idempotent: calls that may have run are not tried again"],
    ],
    ["idempotent now", shop({ run: {} }), shop({ run: { idempotent: true } }), ["Shop.run: it is idempotent now"]],
    [
      "another timeout and fail mode",
      shop({ run: { timeoutMs: 5 } }),
      shop({ run: { failMode: "failfast" } }),
      [
        "Shop.run: its timeout was 5 ms, and is the client's own now",
        "Shop.run: its fail mode was the client's own, and is failfast now",
      ],
    ],
    ["a required argument is new", taking(), taking(a(text)), ["✖ Shop.run: a is new, and has to be given"]],
    [
      "an optional argument is new",
      taking(),
      taking(a(text, { optional: true })),
      ["Shop.run: a is new, and may be given"],
    ],
    [
      "an argument is gone",
      taking(a(text, { optional: true })),
      taking(),
      ["✖ Shop.run: a is gone, and calls that give it are refused"],
    ],
    [
      "an argument has to be given",
      taking(a(text, { optional: true })),
      taking(a(text)),
      ["✖ Shop.run: a has to be given now"],
    ],
    [
      "an argument may be left out",
      taking(a(text)),
      taking(a(text, { optional: true })),
      ["Shop.run: a may be left out now"],
    ],
    [
      "an argument has another name",
      taking(a(text)),
      taking({ name: "b", schema: text }),
      ["Shop.run: a is called b now"],
    ],
    [
      "an argument of another type",
      taking(a(text)),
      taking(a(number)),
      ["✖ Shop.run: a took string, and takes number now"],
    ],
    [
      "an argument takes less",
      taking(a({ type: ["string", "null"] })),
      taking(a(text)),
      ["✖ Shop.run: a takes null no longer, only string"],
    ],
    ["an argument takes more", taking(a(text)), taking(a({ anyOf: [text, number] })), ["Shop.run: a takes number too"]],
    [
      "an enum value of an argument is gone",
      taking(a({ enum: ["x", "y"] })),
      taking(a({ enum: ["x"] })),
      ['✖ Shop.run: a takes "y" no longer, only "x"'],
    ],
    [
      "rest arguments take one, and a stream is none any more",
      shop({
        run: { kind: "client", parameters: [a(text, { stream: true }), { name: "b", schema: text, rest: true }] },
      }),
      shop({ run: { kind: "client", parameters: [a(text), { name: "b", schema: text, optional: true }] } }),
      ["✖ Shop.run: a[] is no stream any more", "✖ Shop.run: b[] takes one argument now, and took any number"],
    ],
    [
      "a result is wider",
      giving(text),
      giving({ type: ["string", "null"] }),
      ["✖ Shop.run: result may be null now, and was always string"],
    ],
    [
      "a result is narrower",
      giving({ type: ["string", "null"] }),
      giving(text),
      ["Shop.run: result is never null any more"],
    ],
    [
      "an enum value of a result is new",
      giving({ enum: ["x"] }),
      giving({ enum: ["x", "y"] }),
      ['✖ Shop.run: result may be "y" now, and was always "x"'],
    ],
    ["a field of a result is gone", giving(order), giving(without(order, "id")), ["✖ Shop.run: result.id is gone"]],
    [
      "a field of a result that might be missing is gone",
      giving(order),
      giving(without(order, "note")),
      ["Shop.run: result.note, which might be missing, is gone"],
    ],
    [
      "a field of a result may be missing",
      giving(order),
      giving({ ...order, required: ["state", "lines"] }),
      ["✖ Shop.run: result.id may be missing now"],
    ],
    ["a field of a result is new", giving(without(order, "id")), giving(order), ["Shop.run: result.id is new"]],
    [
      "a field of an argument is new",
      taking(a(without(order, "id"))),
      taking(a(order)),
      ["✖ Shop.run: a.id is new, and has to be given"],
    ],
    [
      "a field of an argument is gone",
      taking(a(order)),
      taking(a(without(order, "id"))),
      ["Shop.run: a.id is not looked at any more"],
    ],
    [
      "maps and sets and tuples",
      taking(a({ tsType: "Map", keys: text, values: { tsType: "Set", items: text } })),
      taking(a({ tsType: "Map", keys: text, values: { tsType: "Set", items: number } })),
      ["✖ Shop.run: a.values()[] took string, and takes number now"],
    ],
    [
      "a tuple is longer",
      giving({ type: "array", prefixItems: [text, text], minItems: 2, items: false }),
      giving({ type: "array", prefixItems: [text], minItems: 1, items: false }),
      ["✖ Shop.run: result has 1 elements at least, and had 2", "Shop.run: result[1], which might be missing, is gone"],
    ],
  ];
  for (const [title, before, after, says] of cases) test(title, () => assert.deepEqual(said(before, after), says));

  test("a named type's change is told where a method reaches it, by what it is and not by its name", () => {
    const before = shop({ place: { parameters: [{ name: "order", schema: { $ref: "#/types/Order" } }] }, ping: {} });
    const types = { Bestellung: order, Line: { ...line, properties: { sku: text, amount: { type: "integer" } } } };
    const after = shop(
      { place: { parameters: [{ name: "order", schema: { $ref: "#/types/Bestellung" } }] }, ping: {} },
      { types: types as Record<string, Schema> },
    );
    assert.deepEqual(said(before, after), [
      "✖ Shop.place: order.lines[].amount takes number no longer, only whole number",
    ]);
  });

  test("types that refer to themselves and to each other are compared to their end", () => {
    const tree = (value: Schema): Record<string, Schema> => ({
      Tree: { type: "object", properties: { value, leaves: { type: "array", items: { $ref: "#/types/Leaf" } } } },
      Leaf: { anyOf: [{ $ref: "#/types/Tree" }, text] },
    });
    const contract = (value: Schema): Contract =>
      shop({ grow: { parameters: [a({ $ref: "#/types/Tree" })] } }, { types: tree(value) });
    assert.deepEqual(said(contract(text), contract(text)), []);
    assert.deepEqual(said(contract(text), contract(number)), [
      "✖ Shop.grow: a.value took string, and takes number now",
    ]);
  });

  test("members of a union are compared with those that have the same mark", () => {
    const shape = (kind: string, size: Schema): Schema => ({
      type: "object",
      properties: { kind: { const: kind }, size },
      required: ["kind", "size"],
    });
    const before = taking(a({ anyOf: [shape("box", number), shape("ball", number)] }));
    const after = taking(a({ anyOf: [shape("ball", text), shape("box", number), shape("cone", number)] }));
    assert.deepEqual(said(before, after), [
      "✖ Shop.run: a.size took number, and takes string now",
      "Shop.run: a takes { kind, size } too",
    ]);
  });

  test("error classes that callers catch are part of the promise", () => {
    const error = { name: "OutOfStock", reason: "OUT_OF_STOCK", code: "failed_precondition", details: line } as const;
    const before = shop({}, { errors: [error, { ...error, name: "Late", reason: "LATE" }] });
    const after = shop(
      {},
      {
        errors: [
          { ...error, code: "aborted", details: without(line, "sku") },
          { ...error, name: "Odd", reason: "ODD" },
        ],
      },
    );
    assert.deepEqual(said(before, after), [
      "✖ Shop: the error OutOfStock had the code failed_precondition, and has aborted now",
      "✖ Shop: OutOfStock.details.sku is gone",
      "✖ Shop: the error Late (LATE) is gone",
      "Shop: the error Odd (ODD) is new",
    ]);
  });

  test("a peer's contract that would take for ever to compare is given up, instead of holding the client up", () => {
    const types: Record<string, Schema> = {};
    for (let index = 0; index < 600; index++)
      types[`T${index}`] = {
        type: "object",
        properties: Object.fromEntries(
          [...Array(12).keys()].map((at) => [`f${at}`, { $ref: `#/types/T${(index * 7 + at * 11 + 1) % 600}` }]),
        ),
      };
    const before = shop({ run: { parameters: [a({ $ref: "#/types/T0" })] } }, { types });
    const other = { ...types, T599: text };
    const after = shop(
      { run: { parameters: [a({ anyOf: Object.keys(other).map((name) => ({ $ref: `#/types/${name}` })) })] } },
      { types: other },
    );
    const startedAt = performance.now();
    assert.throws(() => compareContracts(before, after), /too large to be compared/);
    assert.ok(performance.now() - startedAt < 5_000);
  });
});
