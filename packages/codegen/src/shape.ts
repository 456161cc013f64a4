/** A type as it travels: what TypeScript and JSON Schema are both written from. */
export type Shape =
  | { readonly kind: "keyword"; readonly name: Keyword }
  | { readonly kind: "literal"; readonly value: Literal }
  | { readonly kind: "template"; readonly text: string }
  | { readonly kind: "global"; readonly name: GlobalName }
  | { readonly kind: "array"; readonly element: Shape; readonly readonly: boolean }
  | { readonly kind: "tuple"; readonly elements: readonly TupleElement[]; readonly readonly: boolean }
  | ObjectShape
  | { readonly kind: "union"; readonly of: readonly Shape[] }
  | { readonly kind: "intersection"; readonly of: readonly Shape[]; readonly flat: Shape }
  | {
      /** One of the language's own: `Partial<Order>`. */
      readonly kind: "utility";
      readonly name: string;
      readonly of: readonly Shape[];
      readonly flat: Shape;
    }
  | { readonly kind: "map"; readonly keys: Shape; readonly values: Shape; readonly readonly: boolean }
  | { readonly kind: "set"; readonly members: Shape; readonly readonly: boolean }
  | { readonly kind: "stream"; readonly items: Shape }
  | { readonly kind: "ref"; readonly name: string };

export type Keyword =
  | "string"
  | "number"
  | "boolean"
  | "bigint"
  | "null"
  | "undefined"
  | "void"
  | "never"
  | "any"
  | "unknown"
  | "object";

export type Literal = string | number | boolean | bigint;

/** Classes of the language that travel as they are. */
export const globalNames = [
  "Date",
  "Error",
  "ArrayBuffer",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int8Array",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "DataView",
] as const;

export type GlobalName = (typeof globalNames)[number];

export interface TupleElement {
  readonly name?: string;
  readonly shape: Shape;
  readonly optional: boolean;
  readonly rest: boolean;
}

export interface ObjectShape {
  readonly kind: "object";
  readonly fields: readonly Field[];
  readonly indexes: readonly IndexSignature[];
}

export interface Field {
  readonly name: string;
  /** Lines of its comment, without the marks of one. */
  readonly docs: readonly string[];
  readonly shape: Shape;
  readonly optional: boolean;
  readonly readonly: boolean;
}

export interface IndexSignature {
  /** `string`, `number`, or a template. */
  readonly key: string;
  readonly shape: Shape;
  readonly readonly: boolean;
}

/** A type with a name of its own in the file written. */
export interface NamedShape {
  readonly name: string;
  readonly docs: readonly string[];
  readonly form:
    | { readonly kind: "interface"; readonly shape: ObjectShape }
    | { readonly kind: "alias"; readonly shape: Shape }
    | {
        readonly kind: "enum";
        readonly members: readonly EnumMember[];
        /** Whether there are values besides its members': combinations of flags. */
        readonly open: boolean;
      };
}

export interface EnumMember {
  readonly name: string;
  readonly docs: readonly string[];
  readonly value: string | number;
}

/** A method's parameter. `shape` of a rest one is that of the list. */
export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  readonly optional: boolean;
  readonly rest: boolean;
}

/** Returns the keyword's shape. */
export function keyword(name: Keyword): Shape {
  return { kind: "keyword", name };
}

/** Returns the union of shapes, which is the only one where there is one. */
export function unionOf(shapes: readonly Shape[]): Shape {
  const flat = shapes.flatMap((shape) => (shape.kind === "union" ? shape.of : [shape]));
  const seen = new Map(flat.map((shape) => [keyOf(shape), shape]));
  const of = [...seen.values()];
  return of.length === 1 ? of[0]! : of.length === 0 ? keyword("never") : { kind: "union", of };
}

/** Returns the shape without an alternative `undefined`. */
export function withoutUndefined(shape: Shape): Shape {
  return shape.kind === "union" ? unionOf(shape.of.filter((each) => !isKeyword(each, "undefined"))) : shape;
}

export function isKeyword(shape: Shape, name: Keyword): boolean {
  return shape.kind === "keyword" && shape.name === name;
}

/** Returns a text that is the same for the same shape: by it alternatives are told apart and put in order. */
export function keyOf(shape: Shape): string {
  return JSON.stringify(shape, (_name, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
}
