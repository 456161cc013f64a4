import type { MethodKind } from "../contract/method.js";
import { protocolError } from "./protocol-error.js";

/**
 * A service is opened on first use. `open` carries its name and the methods the client means to call; `opened`, under
 * the same id, each method's index on this connection and what the server says of it.
 *
 *     open:    u16 length, service · then each wanted method: u16 length, name
 *     opened:  u8 0 found, 1 no such service · then each method:
 *              u16 index · u8 kind · u8 flags (1 idempotent) · u8 count, codecs · 8 bytes schema hash · u16 length, name
 */
export interface OpenRequest {
  readonly service: string;
  readonly wanted: readonly string[];
}

/** What a server says of a method. */
export interface OpenedMethod {
  readonly name: string;
  /** What requests name it by on this connection. */
  readonly index: number;
  readonly kind: MethodKind;
  readonly idempotent: boolean;
  /** Ids of the codecs it takes; empty: those of the connection. */
  readonly codecs: readonly number[];
  /** Eight bytes in hex, of the method's schema; all zero where none is known. */
  readonly schemaHash: string;
}

export const unknownSchema = "0000000000000000";

const kinds: readonly MethodKind[] = ["unary", "server", "client", "duplex"];

export function encodeOpen({ service, wanted }: OpenRequest): Buffer {
  return Buffer.concat([text(service), ...wanted.map(text)]);
}

/** Throws `RpcError` where it is malformed. */
export function decodeOpen(bytes: Buffer, start: number, end: number): OpenRequest {
  const reader = new Reader(bytes, start, end);
  const service = reader.text();
  const wanted: string[] = [];
  while (!reader.done) wanted.push(reader.text());
  return { service, wanted };
}

/** `undefined` says that there is no such service. */
export function encodeOpened(methods: readonly OpenedMethod[] | undefined): Buffer {
  if (methods === undefined) return Buffer.from([1]);
  const parts = methods.map((method) =>
    Buffer.concat([
      Buffer.from([method.index >>> 8, method.index, kinds.indexOf(method.kind), method.idempotent ? 1 : 0]),
      Buffer.from([method.codecs.length, ...method.codecs]),
      Buffer.from(method.schemaHash, "hex"),
      text(method.name),
    ]),
  );
  return Buffer.concat([Buffer.from([0]), ...parts]);
}

/** Throws `RpcError` where it is malformed. */
export function decodeOpened(bytes: Buffer, start: number, end: number): readonly OpenedMethod[] | undefined {
  const reader = new Reader(bytes, start, end);
  if (reader.u8() !== 0) return undefined;
  const methods: OpenedMethod[] = [];
  while (!reader.done) {
    const index = reader.u16();
    const kind = kinds[reader.u8()];
    if (kind === undefined) throw protocolError("MALFORMED_FRAME", "an opened method is of an unknown kind");
    const idempotent = (reader.u8() & 1) !== 0;
    const codecs = [...reader.take(reader.u8())];
    const schemaHash = reader.take(8).toString("hex");
    methods.push({ name: reader.text(), index, kind, idempotent, codecs, schemaHash });
  }
  return methods;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >>> 8, bytes.length]), bytes]);
}

class Reader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  take(count: number): Buffer {
    const from = this.#at;
    this.#at += count;
    if (this.#at > this.#end) throw protocolError("MALFORMED_FRAME", "a frame ends inside a field");
    return this.#bytes.subarray(from, this.#at);
  }

  u8(): number {
    return this.take(1)[0]!;
  }

  u16(): number {
    return this.take(2).readUInt16BE();
  }

  text(): string {
    return this.take(this.u16()).toString();
  }
}
