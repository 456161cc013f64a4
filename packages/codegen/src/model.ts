import type { CodeName, FailMode, MethodKind } from "@rpc/core";
import type { NamedShape, Parameter, Shape } from "./shape.js";

/** A service as its class says it. */
export interface ServiceModel {
  /** What it is called on the wire. */
  readonly name: string;
  /** The interface written: the class's name. */
  readonly interfaceName: string;
  /** The constant written: `OrdersService`. */
  readonly descriptorName: string;
  /** Of the source, from the folder of the run. */
  readonly source: string;
  /** From 1. */
  readonly line: number;
  readonly docs: readonly string[];
  readonly methods: readonly MethodModel[];
  readonly errors: readonly ErrorModel[];
  /** All types that methods and errors refer to. */
  readonly types: readonly NamedShape[];
}

export interface MethodModel {
  readonly name: string;
  readonly docs: readonly string[];
  readonly kind: MethodKind;
  readonly parameters: readonly Parameter[];
  /** What a call resolves to; of kind "stream" where it streams. */
  readonly result: Shape;
  readonly options: KnownOptions;
}

/** The options of a method that its callers need. */
export interface KnownOptions {
  readonly idempotent?: boolean;
  readonly timeoutMs?: number;
  readonly failMode?: FailMode;
  readonly alias?: readonly string[];
  readonly key?: KeyModel;
}

/** What a hashing balancer hashes: an expression of nothing but the arguments' own fields. */
export interface KeyModel {
  /** What it calls the arguments. */
  readonly names: readonly string[];
  readonly body: string;
}

export interface ErrorModel {
  readonly name: string;
  readonly docs: readonly string[];
  readonly reason: string;
  readonly code: CodeName;
  readonly details: Shape | undefined;
}
