import { RpcError } from "../contract/errors.js";
import type { ServiceDescriptor } from "../contract/method.js";
import { Kind, maxFrameBytes } from "../wire/header.js";
import { decodeOpened, encodeOpen, type OpenedMethod } from "../wire/opening.js";
import { protocolError } from "../wire/protocol-error.js";
import type { Connection } from "./connection.js";

/** A service that is being opened. */
interface Opening {
  readonly resolve: (methods: readonly OpenedMethod[] | undefined) => void;
  readonly reject: (error: RpcError) => void;
}

/** The services that we asked the peer to open and that it has not answered for. */
export class Openings {
  readonly #connection: Connection;
  /** Made by the first: a server opens nothing. */
  #waiting: Map<number, Opening> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get size(): number {
    return this.#waiting?.size ?? 0;
  }

  /** Asks for a service under an id that was never used. Resolves to its methods, or to undefined where the peer has none of that name. */
  async open(service: ServiceDescriptor, nextId: () => number): Promise<readonly OpenedMethod[] | undefined> {
    const wanted = service.methods.map(({ name }) => name);
    const request = encodeOpen({ service: service.name, wanted });
    if (request.length > maxFrameBytes) throw tooManyNames(service.name, request.length);
    const id = nextId();
    return new Promise((resolve, reject) => {
      this.#waiting ??= new Map();
      this.#waiting.set(id, { resolve, reject });
      this.#connection.outbox.frame(Kind.open, this.#connection.ownFlag, 0, id, request);
    });
  }

  onOpened(id: number, bytes: Buffer, start: number, end: number): void {
    const opening = this.#waiting?.get(id);
    if (opening === undefined) throw protocolError("UNKNOWN_ID", "a service was opened that nobody asked for");
    // First, since what is malformed ends the connection: who waits must then be found here.
    const methods = decodeOpened(bytes, start, end);
    this.#waiting?.delete(id);
    opening.resolve(methods);
  }

  /** The connection is gone. */
  onClosed(error: RpcError): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    for (const { reject } of waiting?.values() ?? []) reject(error);
  }
}

function tooManyNames(service: string, size: number): RpcError {
  return new RpcError(
    "invalid_argument",
    `the names of the methods of ${service} take ${size} bytes, above the ${maxFrameBytes} of a frame: split the service`,
    { reason: "TOO_MANY_METHODS", processed: "no" },
  );
}
