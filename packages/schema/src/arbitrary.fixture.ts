import fc from "fast-check";
import type { Contract, Schema, TsType } from "./contract.js";
import type { Alternative, Scalar, Type } from "./types/alternatives.js";

/** Schemas, of which the named types A and B may be part, and these types. */
export interface Given {
  readonly schema: Schema;
  readonly types: Readonly<Record<string, Schema>>;
}

const leaves: readonly Schema[] = [
  ...(["string", "number", "integer", "boolean", "null"] as const).map((type): Schema => ({ type })),
  { type: ["string", "null"] },
  { enum: ["a", "b", 3] },
  { enum: ["a", "b", "c"] },
  { const: true },
  {},
  ...(["undefined", "bigint", "Date", "Uint8Array", "Float64Array", "any"] satisfies TsType[]).map(
    (tsType): Schema => ({ tsType }),
  ),
];
const names = ["a", "b", "constructor", "d e"];

const { schema } = fc.letrec<{ schema: Schema; fields: Record<string, Schema> }>((tie) => ({
  fields: fc.dictionary(fc.constantFrom(...names), tie("schema"), { maxKeys: 3, noNullPrototype: true }),
  schema: fc.oneof(
    { maxDepth: 3, depthIdentifier: "schema" },
    { weight: 4, arbitrary: fc.constantFrom(...leaves) },
    { weight: 2, arbitrary: fc.constantFrom<Schema>({ $ref: "#/types/A" }, { $ref: "#/types/B" }) },
    {
      weight: 5,
      arbitrary: fc
        .tuple(tie("fields"), fc.subarray(names), fc.option(fc.oneof(fc.boolean(), tie("schema")), { freq: 3 }))
        .map(([properties, wanted, others]): Schema => {
          const required = wanted.filter((name) => Object.hasOwn(properties, name));
          return { type: "object", properties, required, ...(others !== null && { additionalProperties: others }) };
        }),
    },
    { weight: 2, arbitrary: tie("schema").map((items): Schema => ({ type: "array", items })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.array(tie("schema"), { minLength: 1, maxLength: 3 }), fc.nat(3), fc.boolean())
        .map(([prefixItems, least, closed]): Schema => {
          const minItems = Math.min(least, prefixItems.length);
          return { type: "array", prefixItems, minItems, ...(closed && { items: false as const }) };
        }),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(tie("schema"), tie("schema"))
        .map(([keys, values]): Schema => ({ tsType: "Map", keys, values })),
    },
    { weight: 1, arbitrary: tie("schema").map((items): Schema => ({ tsType: "Set", items })) },
    {
      weight: 2,
      arbitrary: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf): Schema => ({ anyOf })),
    },
  ),
}));

/** A type that has a name is an object or a list: one that is only another name's is not interesting. */
const named = schema.filter((one) => one.$ref === undefined && one.anyOf === undefined);

/** Any schema with its named types, recursive ones among them. */
export const given: fc.Arbitrary<Given> = fc
  .tuple(schema, named, named)
  .map(([one, A, B]) => ({ schema: one, types: { A, B } }));

/** Takes numbers from what fast-check gave, so that a value or a change is the same whenever it runs again. */
export function drawing(numbers: readonly number[]): (below: number) => number {
  let at = 0;
  return (below) => (numbers[at++ % numbers.length] ?? 0) % below;
}

export const numbers = fc.array(fc.nat(10_000), { minLength: 20, maxLength: 60 });

const none = Symbol("there is no such value");
const scalars: Partial<Record<Scalar, readonly unknown[]>> = {
  string: ["", "a", "zebra"],
  number: [0, 1.5, Number.NaN, -7],
  integer: [0, 3, -7],
  undefined: [undefined],
  bigint: [0n, 10n ** 20n],
  Date: [new Date(0)],
  Uint8Array: [new Uint8Array(2), Buffer.from("a")],
  Float64Array: [new Float64Array(1)],
};

/** Returns a value of a type, without fields that nobody declared; `undefined` for a type that has none within a few levels. */
export function sampleOf(type: Type, draw: (below: number) => number): { readonly value: unknown } | undefined {
  const value = of(type, draw, 0);
  return value === none ? undefined : { value };
}

function of(type: Type, draw: (below: number) => number, depth: number): unknown {
  const alternatives = type();
  const first = alternatives.length === 0 ? 0 : draw(alternatives.length);
  for (const one of [...alternatives.slice(first), ...alternatives.slice(0, first)]) {
    const value = ofOne(one, draw, depth + 1);
    if (value !== none) return value;
  }
  return none;
}

function ofOne(one: Alternative, draw: (below: number) => number, depth: number): unknown {
  if (one.is === "literal") return one.value;
  if (one.is === "any") return ["x", 1, null, { a: 1 }, [new Date(1)]][draw(5)];
  if (one.is === "scalar") return scalars[one.name]![draw(scalars[one.name]!.length)];
  if (depth > 6) return none;
  const few = (part: Type): readonly unknown[] =>
    Array.from({ length: draw(3) }, () => of(part, draw, depth)).filter((value) => value !== none);
  if (one.is === "set") return new Set(few(one.items));
  if (one.is === "map") {
    const keys = few(one.keys);
    return new Map(
      keys.map((key) => [key, of(one.values, draw, depth)] as const).filter(([, value]) => value !== none),
    );
  }
  if (one.is === "array") {
    const count = Math.max(one.least, draw(one.first.length + 1));
    const list = Array.from({ length: count }, (_, index) => of(one.first[index] ?? (one.rest as Type), draw, depth));
    if (list.includes(none)) return none;
    return one.rest === "none" || count < one.first.length ? list : [...list, ...few(one.rest)];
  }
  const made: Record<string, unknown> = {};
  for (const [name, { optional, type }] of one.fields) {
    if (optional && draw(2) === 0) continue;
    const value = of(type, draw, depth);
    if (value !== none) made[name] = value;
    else if (!optional) return none;
  }
  if (typeof one.others === "function")
    for (const [index, value] of few(one.others).entries()) if (value !== undefined) made[`other${index}`] = value;
  return made;
}

/** Returns a schema with small changes here and there, of the kinds that people make. */
export function changed(schema: Schema, draw: (below: number) => number): Schema {
  const inner = (one: Schema): Schema => changed(one, draw);
  const { properties, required = [], items, prefixItems, anyOf, keys, values } = schema;
  const copy: Schema = {
    ...schema,
    ...(properties && { properties: Object.fromEntries(Object.entries(properties).map(([k, v]) => [k, inner(v)])) }),
    ...(items && { items: inner(items) }),
    ...(prefixItems && { prefixItems: prefixItems.map(inner) }),
    ...(anyOf && { anyOf: anyOf.map(inner) }),
    ...(keys && { keys: inner(keys) }),
    ...(values && { values: inner(values) }),
  };
  const field = names[draw(names.length)]!;
  switch (draw(24)) {
    case 0:
      return { anyOf: [copy, { type: "null" }] };
    case 1:
      return copy.type === "integer" ? { type: "number" } : copy.type === "number" ? { type: "integer" } : copy;
    case 2:
      return copy.enum ? { enum: [...copy.enum, "new"] } : copy;
    case 3:
      return copy.enum ? { enum: copy.enum.slice(1) } : copy;
    case 4:
      return properties ? { ...copy, required: required.slice(1) } : copy;
    case 5:
      return properties ? { ...copy, required: Object.keys(properties) } : copy;
    case 6:
      return properties ? { ...copy, properties: { ...copy.properties, [field]: leaves[draw(leaves.length)]! } } : copy;
    case 7:
      return properties ? { ...copy, properties: {}, required: [] } : copy;
    case 8:
      return leaves[draw(leaves.length)]!;
    case 9:
      return anyOf ? { anyOf: copy.anyOf!.slice(1).length > 0 ? copy.anyOf!.slice(1) : copy.anyOf! } : copy;
    default:
      return copy;
  }
}

/** Returns a contract with one service, `Shop`, whose one method takes and returns what was given. */
export function contractOf({ schema, types }: Given, optional = false): Contract {
  const parameter = { name: "x", schema, ...(optional && { optional: true as const }) };
  const method = {
    signature: "take(x: X): Promise<X>",
    kind: "unary",
    parameters: [parameter],
    result: schema,
  } as const;
  return { format: 1, services: { Shop: { types, methods: { take: method } } } };
}
