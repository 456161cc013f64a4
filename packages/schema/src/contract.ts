import type { CodeName, FailMode, MethodKind } from "@rpc/core";

/** What services promise their callers, as `contract.json` has it: written by `rpc generate`, compared by `rpc check`. */
export interface Contract {
  /** Of this shape: 1. */
  readonly format: 1;
  /** By their names. */
  readonly services: Readonly<Record<string, ServiceContract>>;
}

/** A service with all that its methods refer to. */
export interface ServiceContract {
  readonly description?: string;
  /** By their names. */
  readonly methods: Readonly<Record<string, MethodContract>>;
  /** Named types: `{ "$ref": "#/types/Order" }` refers to the one named `Order`. */
  readonly types: Readonly<Record<string, Schema>>;
  /** The errors that it throws, as classes of their own. */
  readonly errors?: readonly ErrorContract[];
}

/** A method as its callers know it. */
export interface MethodContract {
  readonly description?: string;
  /** In TypeScript, as `rpc describe` prints it: `place(order: Order): Promise<Receipt>`. */
  readonly signature: string;
  readonly kind: MethodKind;
  /** Left out: false. */
  readonly idempotent?: boolean;
  /** Default span of a call, in ms. Left out: the client's. */
  readonly timeoutMs?: number;
  /** Other names that servers answer it by. */
  readonly alias?: readonly string[];
  readonly failMode?: FailMode;
  readonly parameters: readonly ParameterContract[];
  /** Of what a call resolves to; of a result that streams, of its items. Nothing: `{ "tsType": "undefined" }`. */
  readonly result: Schema;
}

/** A parameter of a method. */
export interface ParameterContract {
  readonly name: string;
  /** Of its value; of a parameter that streams and of a rest one, of each item. */
  readonly schema: Schema;
  readonly optional?: true;
  /** The last one, taking whatever follows. */
  readonly rest?: true;
  /** A stream of items. */
  readonly stream?: true;
}

/** An error class of the service's own. */
export interface ErrorContract {
  /** The class: `OutOfStock`. */
  readonly name: string;
  /** What it is known by on the wire: `OUT_OF_STOCK`. */
  readonly reason: string;
  readonly code: CodeName;
  readonly description?: string;
  /** Left out: it has none. */
  readonly details?: Schema;
}

/** What JSON Schema calls a type. A "number" may be NaN or infinite, as in TypeScript. */
export type JsonType = "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";

/** Typed arrays but `Uint8Array`, under the names of their classes. */
export type ViewType =
  | "Int8Array"
  | "Uint8ClampedArray"
  | "Int16Array"
  | "Uint16Array"
  | "Int32Array"
  | "Uint32Array"
  | "Float32Array"
  | "Float64Array"
  | "BigInt64Array"
  | "BigUint64Array"
  | "DataView";

/**
 * What TypeScript has and JSON has not. "Uint8Array" is bytes, a `Buffer` and an `ArrayBuffer` too; a "Map" has the
 * schemas `keys` and `values` beside it, a "Set" `items`. "any" is every value; "never" is none.
 */
export type TsType =
  | "undefined"
  | "bigint"
  | "Date"
  | "Uint8Array"
  | "Map"
  | "Set"
  | "Error"
  | "any"
  | "never"
  | ViewType;

/** A value that a schema names itself. */
export type Literal = string | number | boolean | null;

/**
 * A type: of JSON Schema 2020-12 the keywords below, and `tsType`. A schema without any is every value. All keywords of
 * one schema hold at once; a union is `anyOf`, which may have keywords of no other kind beside it.
 */
export interface Schema {
  readonly description?: string;
  /** `#/types/Name`, of the same service; then nothing but `description` stands beside it. */
  readonly $ref?: string;
  readonly type?: JsonType | readonly JsonType[];
  readonly tsType?: TsType;
  /** Of an object: its fields. One that is not `required` may be missing or undefined. */
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** Of the fields of an object that `properties` does not name. Left out: they may be anything. */
  readonly additionalProperties?: boolean | Schema;
  /** Of an array's elements, behind those of `prefixItems`; false: there are none. Of a "Set": its members. */
  readonly items?: Schema | false;
  /** Of a tuple's elements, one by one. */
  readonly prefixItems?: readonly Schema[];
  /** How many elements of a tuple have to be there. Defaults to 0. */
  readonly minItems?: number;
  /** Of a "Map". */
  readonly keys?: Schema;
  /** Of a "Map". */
  readonly values?: Schema;
  readonly enum?: readonly Literal[];
  readonly const?: Literal;
  readonly anyOf?: readonly Schema[];
}
