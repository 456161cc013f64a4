import type { FailMode } from "./fail-mode.js";
/** Shape of a method: one answer, or a stream of results, of arguments, or of both. */
export type MethodKind = "unary" | "server" | "client" | "duplex";

/** A method as calls refer to it: made once with its descriptor, frozen, compared by identity. */
export interface Method {
  /** The service's name, e.g. `Arith`. */
  readonly service: string;
  /** The method's name within its service, e.g. `add`. */
  readonly name: string;
  /** `/service/name`. */
  readonly path: string;
  /** Place among the methods of its descriptor, from 0: tables of methods are arrays. */
  readonly index: number;
  readonly kind: MethodKind;
  /** Whether running it twice does what running it once does. Servers declare it; clients learn it from them. */
  readonly idempotent: boolean;
  /** Default span of a call, in ms; 0 where the client's own default holds. */
  readonly timeoutMs: number;
  /** Handlers of it that may run at once on a server; 0 where it has no limit of its own. */
  readonly handlersRunning: number;
  /** What its handler gets for argument streams: one for all of them, or one for each argument by its place. Defaults to "iterable". */
  readonly streamAs?: StreamForm | readonly StreamForm[];
  /** Other names that servers answer it by. */
  readonly aliases?: readonly string[];
  /** What becomes of a call whose attempt failed; undefined where its client decides. */
  readonly failMode?: FailMode;
  /** What a hashing balancer hashes of a call, from its arguments; undefined where the method names nothing. */
  readonly keyOf?: ((...input: never[]) => string) | undefined;
  /** Of its parameters and result: 16 hex digits. Undefined where its descriptor does not say. */
  readonly schemaHash?: string;
}

/** What a handler gets for an argument that is a stream: an `AsyncIterable` of items, or bytes as a `Readable` of Node or a `ReadableStream` of the web. */
export type StreamForm = "iterable" | "readable" | "web";

/** What a service says of one of its methods that streams nothing. */
export interface UnaryOptions {
  /** Running it twice does what running it once does, so that a call which may have run is tried again. Defaults to false. */
  readonly idempotent?: boolean;
  /** Default span of a call of this method, in ms. Defaults to the client's, which is 10 000. */
  readonly timeoutMs?: number;
  /** Handlers of this method that may run at once on a server; what comes above it waits. Defaults to no limit but the server's. */
  readonly handlersRunning?: number;
  /** One or several other names that servers answer the method by, for clients that know it by one of these. Defaults to none. */
  readonly alias?: string | readonly string[];
  /** What becomes of a call whose attempt failed. Clients decide it, by their own descriptor. Defaults to the client's, which is "failover". */
  readonly failMode?: FailMode;
  /**
   * What a hashing balancer hashes of a call, from its arguments: `key: (user) => user.id`. Clients ask it, and only
   * where they balance so. Defaults to none.
   */
  readonly key?: (...input: never[]) => string;
  /**
   * Of its parameters and result, 16 hex digits: generated descriptors have it, so that a client and a server which were
   * built from different contracts are found out. Defaults to unknown, which says nothing of either.
   */
  readonly schemaHash?: string;
}

/** What a service says of one of its methods. */
export interface MethodOptions extends UnaryOptions {
  /** What streams: "server", the result; "client", arguments; "duplex", both. Defaults to nothing. */
  readonly stream?: Exclude<MethodKind, "unary">;
  /**
   * What its handler gets for argument streams: "iterable", an `AsyncIterable` of items; "readable" and "web", bytes as a
   * `Readable` of Node or a `ReadableStream`. One for all of them, or a list with one for each argument. Defaults to "iterable".
   */
  readonly streamAs?: StreamForm | readonly StreamForm[];
}

declare const serviceType: unique symbol;

/** A service's name and methods: what a client is made from, and what handlers are bound to. `T` is the service's own type. */
export interface ServiceDescriptor<T = unknown> {
  readonly name: string;
  readonly methods: readonly Method[];
  /** Other names that servers answer it by. */
  readonly aliases?: readonly string[];
  /** Only in types. */
  readonly [serviceType]?: T;
}

/** Runs a method. `input` is the argument list, spread over the parameters. */
export type Handler = (...input: never[]) => unknown;

/** A service together with what answers it. Made by `bind`. */
export interface Binding {
  readonly service: ServiceDescriptor;
  /** By `Method.index`; already bound to its object. */
  readonly handlers: readonly Handler[];
}
