import { protocolError } from "./protocol-error.js";

/** The one version there is. */
export const protocolVersion = 1;

/** The most bytes of a hello's or welcome's body. */
const maxHelloBytes = 4_096;

/** What a side tells the other that it takes; what the other sends has to keep to it. */
export interface PeerLimits {
  /** Bytes of one message on the wire. */
  readonly messageBytes: number;
  /** Unary calls without an answer yet. */
  readonly inFlight: number;
  /** Bytes of messages begun and not ended. */
  readonly partialBytes: number;
  /** Streams open at once, of calls that the other side makes: of each its result and its arguments. */
  readonly streams: number;
  /** Credit a stream begins with, in bytes. */
  readonly streamCreditBytes: number;
  /** Credit the connection begins with, in bytes. */
  readonly connectionCreditBytes: number;
}

/** What either side says first: the dialling one in `hello`, the accepting one, with what it chose, in `welcome`. */
export interface Hello {
  readonly minVersion: number;
  readonly maxVersion: number;
  /** Bits of `Feature`. */
  readonly features: number;
  /** Ids of codecs, the preferred one first. */
  readonly codecs: readonly number[];
  readonly limits: PeerLimits;
  readonly credentials: Buffer;
  readonly cluster: string;
  readonly instance: string;
}

/** Fields are tag (u8), length (u16), value; unknown tags are skipped, so that later versions may add some. */
const Tag = { versions: 1, features: 2, codecs: 3, limits: 4, credentials: 5, cluster: 6, instance: 7 } as const;

const limitNames = [
  "messageBytes",
  "inFlight",
  "partialBytes",
  "streams",
  "streamCreditBytes",
  "connectionCreditBytes",
] as const satisfies readonly (keyof PeerLimits)[];

/** Encodes a hello. Throws `RpcError` when it is above 4 KiB, since credentials can make it so. */
export function encodeHello(hello: Hello): Buffer {
  const limits = Buffer.alloc(4 * limitNames.length);
  for (const [index, name] of limitNames.entries()) limits.writeUInt32BE(hello.limits[name], 4 * index);
  const features = Buffer.alloc(4);
  features.writeUInt32BE(hello.features);
  const body = Buffer.concat([
    field(Tag.versions, Buffer.from([hello.minVersion, hello.maxVersion])),
    field(Tag.features, features),
    field(Tag.codecs, Buffer.from(hello.codecs)),
    field(Tag.limits, limits),
    field(Tag.credentials, hello.credentials),
    field(Tag.cluster, Buffer.from(hello.cluster)),
    field(Tag.instance, Buffer.from(hello.instance)),
  ]);
  if (body.length > maxHelloBytes) {
    throw protocolError(
      "HELLO_TOO_LARGE",
      `the hello has ${body.length} bytes, the limit is ${maxHelloBytes}: shorten credentials or names`,
    );
  }
  return body;
}

/** Reads a hello. What it returns does not refer to `bytes`. Throws `RpcError` where it is malformed. */
export function decodeHello(bytes: Buffer, start: number, end: number): Hello {
  if (end - start > maxHelloBytes) throw protocolError("HELLO_TOO_LARGE", `a hello is above ${maxHelloBytes} bytes`);
  const fields = new Map<number, Buffer>();
  let at = start;
  while (at < end) {
    const valueAt = at + 3;
    const next = valueAt <= end ? valueAt + bytes.readUInt16BE(at + 1) : Infinity;
    if (next > end) throw protocolError("MALFORMED_HELLO", "a hello ends inside a field");
    fields.set(bytes[at]!, Buffer.from(bytes.subarray(valueAt, next)));
    at = next;
  }
  const versions = fields.get(Tag.versions);
  const codecs = fields.get(Tag.codecs);
  if (versions?.length !== 2 || codecs === undefined || codecs.length === 0) {
    throw protocolError("MALFORMED_HELLO", "a hello lacks its versions or its codecs");
  }
  const features = fields.get(Tag.features);
  return {
    minVersion: versions[0]!,
    maxVersion: versions[1]!,
    features: features !== undefined && features.length >= 4 ? features.readUInt32BE() : 0,
    codecs: [...codecs],
    limits: decodeLimits(fields.get(Tag.limits)),
    credentials: fields.get(Tag.credentials) ?? Buffer.alloc(0),
    cluster: fields.get(Tag.cluster)?.toString() ?? "",
    instance: fields.get(Tag.instance)?.toString() ?? "",
  };
}

function decodeLimits(value: Buffer | undefined): PeerLimits {
  if (value === undefined || value.length < 4 * limitNames.length) {
    throw protocolError("MALFORMED_HELLO", "a hello lacks its limits");
  }
  const entries = limitNames.map((name, index) => [name, value.readUInt32BE(4 * index)] as const);
  return Object.fromEntries(entries) as unknown as PeerLimits;
}

function field(tag: number, value: Buffer): Buffer {
  const head = Buffer.from([tag, value.length >>> 8, value.length]);
  return Buffer.concat([head, value]);
}
