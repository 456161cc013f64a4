import type { Authenticator } from "../contract/authenticator.js";
import type { Admission, Interceptor, Invoke } from "../contract/call.js";
import type { Clock, Random } from "../contract/clock.js";
import type { Codec } from "../contract/codec.js";
import type { CompressionChoice } from "../contract/compression.js";
import type { Contracts } from "../contract/contracts.js";
import type { ErrorClass } from "../contract/error-class.js";
import type { KeepAliveOptions } from "../contract/keep-alive.js";
import type { ConnectionLimits } from "../contract/limits.js";
import type { Logger } from "../contract/logger.js";
import type { Binding, MethodOptions } from "../contract/method.js";
import type { Address, NamedTags, Registry } from "../contract/registry.js";
import type { OnConnect, Transport } from "../contract/transport.js";
import type { PeerCallOptions } from "../host/peer-call-options.js";
import { clock, contract, logger, type OptionKinds } from "../service/check-options.js";

/** What is served: bindings of services, or one bare function for whatever is called. */
export type Served =
  | { readonly services: readonly Binding[]; readonly invoke?: undefined }
  | { readonly services?: undefined; readonly invoke: Invoke };

/** What a bare function is served with. */
export interface BareOptions {
  /**
   * With `invoke`: returns what a method is, as `defineService` is told, its streams above all. Asked once for each
   * connection that means to call it; what it throws at is not there. Defaults to unary methods without options.
   */
  readonly methodOptions?: (service: string, method: string) => MethodOptions | undefined;
}

export interface ServeSettings extends NamedTags {
  /** Where to listen. Defaults to `tcp://127.0.0.1:0`: loopback, a port that the system chooses. */
  readonly listen?: Address;
  /** The address that others are told; required with a registry where `listen` is a wildcard address. Defaults to where the server listens. */
  readonly advertise?: Address;
  /** Listening on anything but loopback without encryption and authentication is refused unless this says that it is meant. Defaults to false. */
  readonly insecure?: boolean;
  /** Says who a peer is, before it is welcomed; `tokens` makes one. Defaults to letting everybody in whom the transport lets in. */
  readonly authenticate?: Authenticator;
  /** Says whether a peer may make a call, from peer, method and metadata, before all other admissions. Defaults to every call. */
  readonly authorize?: Admission;
  /** Sees each new connection before the hello; may refuse or wrap it. Defaults to nothing. */
  readonly onConnect?: OnConnect;
  /** Where the services are registered. Defaults to nowhere. */
  readonly registry?: Registry;
  /** The share of calls that this instance is to get, beside that of others: registered with the address. Defaults to 1. */
  readonly weight?: number;
  /** What else is registered with the address. Defaults to none; `group`, `zone`, `version`, `latitude` and `longitude` are among them by their names. */
  readonly tags?: Readonly<Record<string, string>>;
  /** What wraps every handler; the first is the outermost. Defaults to none. */
  readonly interceptors?: readonly Interceptor[];
  /** What judges requests before they are decoded, in order. Defaults to none. */
  readonly admissions?: readonly Admission[];
  /** Handlers that may run at once, over all connections; what comes above it waits. Defaults to 8,192. */
  readonly handlersRunning?: number;
  /** Calls that may wait for a handler, over all connections; more are rejected. Defaults to 1,024. */
  readonly waitQueueEntries?: number;
  /** Bytes of the arguments of calls that wait for a handler. Defaults to 16 MiB. */
  readonly waitQueueBytes?: number;
  /** Connections open at once; more are told so and closed. Defaults to 10,000, or half the file descriptors where those are fewer. */
  readonly connections?: number;
  /** Streams of calls open at once, over all connections; calls with more are rejected. Defaults to 20,000. */
  readonly streams?: number;
  /**
   * Bytes of messages received in part, over all connections; above it those fail that came slowest over a second or more, else
   * the one begun last. Defaults to 256 MiB.
   */
  readonly partialBytes?: number;
  /**
   * Bytes that wait for sockets, over all connections; above it answers wait unencoded, and peers that read too slowly are cut
   * off, the slowest first. Defaults to 256 MiB.
   */
  readonly unsentBytes?: number;
  /** Whether handlers can read their call with `currentCall()`. Defaults to false; `createApp` switches it on. */
  readonly ambient?: boolean;
  /** How this server calls the services that its peers offer. */
  readonly peerCalls?: PeerCallOptions;
  /**
   * Whether peers may ask what is served, what it promises and what was counted, as `rpc list`, `describe` and `watch` do,
   * by calls of the service `rpc.Reflection`, which `authorize` and `admissions` judge like any other. Defaults to true.
   */
  readonly reflection?: boolean;
  /** Codecs, the preferred one first. Defaults to MessagePack, JSON and raw bytes. */
  readonly codecs?: readonly Codec[];
  /** Transports by the scheme of the addresses they serve, added to `tcp`, `unix`, and `tls` with the authorities of Node. */
  readonly transports?: Readonly<Record<string, Transport>>;
  /**
   * Compresses what leaves together, with peers that do so too: "deflate", "lz4" (wants the package lz4-napi), or both in order of
   * preference. Not for connections on which one caller's secrets and another's chosen text travel. Defaults to false.
   */
  readonly compression?: CompressionChoice;
  /** Which processes belong together: the two ends of a connection must say the same. Defaults to "". */
  readonly cluster?: string;
  /** The id of this instance, in hellos and in the registry. Defaults to a random one. */
  readonly instance?: string;
  /** Bounds of each connection; what is left out has its default. */
  readonly limits?: Partial<ConnectionLimits>;
  /** When a silent peer is asked whether it is there, and given up; what is left out has its default. */
  readonly keepAlive?: KeepAliveOptions;
  /** How long `close` lets handlers finish, in ms. Defaults to 25 000. */
  readonly drainMs?: number;
  /**
   * What the services promise: `contracts` of `@rpc/schema` makes it. Clients are told each method's schema hash as they open a
   * service, and the whole contract when they ask. Defaults to the hashes of generated descriptors.
   */
  readonly contract?: Contracts;
  /**
   * Classes of errors that arrive as themselves where both sides name them, by their reason. Defaults to none: then every
   * error is an `RpcError`.
   */
  readonly errors?: readonly ErrorClass[];
  /** Defaults to writing nothing. */
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** What each option of `serve` must be: all that are declared, and no others. */
export const serveOptionKinds = {
  services: "list",
  invoke: "function",
  methodOptions: "function",
  listen: "string",
  advertise: "string",
  insecure: "boolean",
  authenticate: "function",
  authorize: "function",
  onConnect: "function",
  registry: { functions: ["register"] },
  weight: "number",
  tags: "object",
  group: "string",
  zone: "string",
  version: "string",
  latitude: { from: -90, to: 90 },
  longitude: { from: -180, to: 180 },
  interceptors: "functions",
  admissions: "functions",
  handlersRunning: "count",
  waitQueueEntries: "count",
  waitQueueBytes: "count",
  connections: "count",
  streams: "count",
  partialBytes: "count",
  unsentBytes: "count",
  ambient: "boolean",
  peerCalls: "object",
  reflection: "boolean",
  codecs: "list",
  transports: "object",
  compression: "any",
  cluster: "string",
  instance: "string",
  limits: "object",
  keepAlive: "object",
  drainMs: "number",
  contract,
  errors: "list",
  logger,
  clock,
  random: "function",
} as const satisfies Record<keyof Served | keyof BareOptions | keyof ServeSettings, OptionKinds[string]>;

/** Options of `serve`. */
export type ServeOptions = Served & BareOptions & ServeSettings;
