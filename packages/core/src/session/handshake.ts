import type { Codec } from "../contract/codec.js";
import { RpcError } from "../contract/errors.js";
import { firstCredit } from "../streams/first-credit.js";
import type { BlockAlgorithm } from "../wire/block-algorithm.js";
import { Feature } from "../wire/features.js";
import { encodeHello, type Hello, protocolVersion } from "../wire/hello.js";
import type { SessionOptions } from "./session-options.js";

/** What two hellos have in common. */
export interface Agreement {
  readonly codec: Codec;
  /** Codecs that both sides know, the dialler's preferred one first. */
  readonly codecIds: readonly number[];
  /** Ways to compress that both sides know, in this side's order: each writes in its own first one. */
  readonly compression: readonly BlockAlgorithm[];
  /** Bits of what both sides can do. */
  readonly features: number;
}

/** What a side says of itself comes from these. */
type HelloOptions = Pick<
  SessionOptions,
  "role" | "limits" | "codecs" | "compression" | "cluster" | "instance" | "credentials" | "host"
>;

/** Throws `HELLO_TOO_LARGE` where what this side would say of itself does not fit into a hello. */
export function checkHelloSize(options: HelloOptions): void {
  encodeHello(helloOf(options));
}

/** A limit that is larger, or Infinity, is said as this: a hello has four bytes for each. */
const mostSaid = 0xffff_ffff;

/** Returns what this side says of itself. `codecIds` are what was agreed, in the answer to a hello. */
export function helloOf(options: HelloOptions, codecIds?: readonly number[]): Hello {
  const { limits, codecs, cluster, instance, host } = options;
  const credit = firstCredit(limits);
  return {
    minVersion: protocolVersion,
    maxVersion: protocolVersion,
    features: offered(options) | (options.role === "dialler" && host !== undefined ? Feature.offers : 0),
    codecs: codecIds ?? codecs.map(({ id }) => id),
    limits: {
      messageBytes: Math.min(limits.messageBytes, mostSaid),
      inFlight: Math.min(limits.inFlight, host?.inFlight ?? mostSaid, mostSaid),
      partialBytes: Math.min(limits.partialBytes, mostSaid),
      streams: Math.min(limits.streams, mostSaid),
      streamCreditBytes: credit.streamBytes,
      connectionCreditBytes: credit.connectionBytes,
    },
    // The answer to a hello proves nothing: who dials knows whom it dialled by other means.
    credentials: options.role === "dialler" ? Buffer.from(options.credentials ?? []) : Buffer.alloc(0),
    cluster,
    instance,
  };
}

/** Returns what this side and the peer agree on, or the error to refuse the peer with. */
export function agree(hello: Hello, options: SessionOptions): Agreement | RpcError {
  if (hello.minVersion > protocolVersion || hello.maxVersion < protocolVersion) {
    return refusal(
      "VERSION_MISMATCH",
      `protocol version ${protocolVersion} is spoken here, ${hello.minVersion} to ${hello.maxVersion} there`,
    );
  }
  if (hello.cluster !== options.cluster) {
    return refusal(
      "WRONG_CLUSTER",
      "this connection's two ends belong to different clusters: compare their option `cluster`",
    );
  }
  const codecIds = hello.codecs.filter((id) => options.codecs.some((codec) => codec.id === id));
  const codec = options.codecs.find(({ id }) => id === codecIds[0]);
  if (codec === undefined) return refusal("NO_CODEC", "the two ends of this connection have no codec in common");
  return {
    codec,
    codecIds,
    compression: options.compression.filter(({ bit }) => (hello.features & bit) !== 0),
    features: hello.features & offered(options),
  };
}

/** Bits of what this side can do. */
function offered({ compression }: Pick<SessionOptions, "compression">): number {
  return compression.reduce<number>(
    (bits, { bit }) => bits | bit,
    Feature.streams | Feature.oneway | Feature.errorClasses,
  );
}

function refusal(reason: string, message: string): RpcError {
  return new RpcError("failed_precondition", message, { reason, processed: "no" });
}
