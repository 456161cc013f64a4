import type { RpcError } from "../contract/errors.js";
import type { Method } from "../contract/method.js";
import type { CallCounters } from "../stats/call-counters.js";
import type { MethodTable } from "../stats/method-table.js";
import { maxFrameBytes } from "../wire/header.js";
import { encodeOpened, type OpenedMethod, unknownSchema } from "../wire/opening.js";
import { protocolError } from "../wire/protocol-error.js";

/** Methods of a connection: a peer that asks for names at random must not fill the memory with them. */
const maxMethods = 16_384;

/** The methods that the peer has opened on a connection, by the index it was given for each. */
export class OpenedMethods {
  readonly #methods: Method[] = [];
  /** Made as methods are called: most connections call few of those they know. */
  readonly #counters: (CallCounters | undefined)[] = [];
  readonly #indices = new Map<string, number>();
  readonly #table: MethodTable;
  readonly #hashOf: (method: Method) => string | undefined;

  /** `table` has what counts the calls of each; `hashOf` returns a method's schema hash. */
  constructor(table: MethodTable, hashOf: (method: Method) => string | undefined) {
    this.#table = table;
    this.#hashOf = hashOf;
  }

  /** Returns the method under an index, undefined where none was opened. */
  at(index: number): Method | undefined {
    return this.#methods[index];
  }

  /** Returns what counts the calls of the method under an index that was opened. */
  countersAt(index: number): CallCounters {
    let counters = this.#counters[index];
    if (counters === undefined) {
      counters = this.#table.of(this.#methods[index]!.path);
      this.#counters[index] = counters;
    }
    return counters;
  }

  /** Returns the body that answers an open. Throws where the peer opens more than a connection or a frame can hold. */
  open(methods: readonly Method[] | undefined): Buffer {
    const body = encodeOpened(methods?.map((method) => this.#describe(method)));
    if (body.length > maxFrameBytes) throw tooManyMethods();
    return body;
  }

  #describe(method: Method): OpenedMethod {
    let index = this.#indices.get(method.path);
    if (index === undefined) {
      if (this.#methods.length === maxMethods) throw tooManyMethods();
      index = this.#methods.push(method) - 1;
      this.#counters.push(undefined);
      this.#indices.set(method.path, index);
    }
    const { name, kind, idempotent } = method;
    return { name, index, kind, idempotent, codecs: [], schemaHash: this.#hashOf(method) ?? unknownSchema };
  }
}

function tooManyMethods(): RpcError {
  return protocolError(
    "TOO_MANY_METHODS",
    `more methods were opened than fit into a frame, or than the ${maxMethods} of a connection: open what is called, or split the service`,
    "resource_exhausted",
  );
}
