import type { Method, MethodKind, ServiceDescriptor } from "../contract/method.js";
import type { CallCounters } from "../stats/call-counters.js";
import { Flag } from "../wire/header.js";
import { type OpenedMethod, unknownSchema } from "../wire/opening.js";

/** A method as its server has it: what the retry decision and the encoding of requests go by. */
export interface RemoteMethod {
  /** The client's method that it was found for. */
  readonly own: Method;
  /** What requests name it by. */
  readonly index: number;
  readonly idempotent: boolean;
  /** The codec its bodies are in; undefined for the connection's. */
  readonly codec: number | undefined;
  /** Flags that every request of it has. */
  readonly flags: number;
  /** Counts its calls on this connection. */
  readonly counters: CallCounters;
}

/** A service that was opened: its server's methods in the order of the client's descriptor, undefined where the server lacks one. */
export interface RemoteService {
  readonly methods: readonly (RemoteMethod | undefined)[];
  /** What streams of each of the methods that the server has, by their names. */
  readonly kinds: ReadonlyMap<string, MethodKind>;
  /** The schema hashes that the server told, by the names of the methods; of those that it knows none of there is none. */
  readonly schemaHashes: ReadonlyMap<string, string>;
  /** Returns a method by its name, of whatever descriptor it is; undefined also where it streams otherwise than the server's. */
  find(method: Method): RemoteMethod | undefined;
}

/**
 * Lays what a server said of a service over the client's own descriptor. `codecs` are the ids that both sides know, the
 * connection's first; `countersOf` returns what counts a method's calls.
 */
export function remoteService(
  descriptor: ServiceDescriptor,
  opened: readonly OpenedMethod[],
  codecs: readonly number[],
  countersOf: (method: Method) => CallCounters,
): RemoteService {
  const byName = new Map(opened.map((method) => [method.name, method]));
  const find = (own: Method): RemoteMethod | undefined => {
    const method = byName.get(own.name);
    if (method === undefined || method.kind !== own.kind || own.service !== descriptor.name) return undefined;
    const usual = method.codecs.length === 0 || method.codecs.includes(codecs[0]!);
    const codec = usual ? undefined : method.codecs.find((id) => codecs.includes(id));
    return {
      own,
      index: method.index,
      idempotent: method.idempotent,
      codec,
      flags: Flag.time | (codec === undefined ? 0 : Flag.codec),
      counters: countersOf(own),
    };
  };
  const kinds = new Map(opened.map(({ name, kind }) => [name, kind]));
  const known = opened.filter(({ schemaHash }) => schemaHash !== unknownSchema);
  const schemaHashes = new Map(known.map(({ name, schemaHash }) => [name, schemaHash]));
  return { kinds, schemaHashes, methods: descriptor.methods.map(find), find };
}
