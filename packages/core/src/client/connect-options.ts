import type { BackoffOptions } from "../clock/backoff.js";
import type { Balancer } from "../contract/balancer.js";
import type { Interceptor } from "../contract/call.js";
import type { Clock, Random } from "../contract/clock.js";
import type { Codec } from "../contract/codec.js";
import type { CompressionChoice } from "../contract/compression.js";
import type { Contracts } from "../contract/contracts.js";
import type { ErrorClass } from "../contract/error-class.js";
import { RpcError } from "../contract/errors.js";
import type { KeepAliveOptions } from "../contract/keep-alive.js";
import type { ConnectionLimits } from "../contract/limits.js";
import type { Logger } from "../contract/logger.js";
import type { Address, Registry } from "../contract/registry.js";
import type { OnConnect, Transport } from "../contract/transport.js";
import { checkRetry } from "../host/retry-option.js";
import type { RetryOptions } from "../interceptors/retry-policy.js";
import { badOption, checkOptions, clock, contract, logger, type OptionKinds } from "../service/check-options.js";
import { checkCodecs } from "../service/codecs-option.js";
import { checkTransports } from "../service/transports-option.js";
import type { WhenFull } from "../session/when-full.js";
import { hostPort, schemeOf } from "../transport/address.js";
import { defaultTransports } from "../transport/default-transports.js";
import { type CredentialsOption, checkCredentials } from "./credentials.js";
import { type EjectionOptions, ejectionKinds } from "./health.js";
import { checkOffer, type Offer } from "./offer.js";
import type { ThrottleOptions } from "./throttle.js";

/** Connections to one endpoint. */
const mostConnections = 1_024;

/** Where the services are: at one address, or wherever a registry says. */
export type Target =
  | { readonly address: Address; readonly registry?: undefined; readonly balancer?: undefined }
  | { readonly address?: undefined; readonly registry: Registry; readonly balancer: Balancer };

export interface ConnectSettings {
  /**
   * What this client offers to the servers that it dials, on the same connections: what `bind` returns, alone or with
   * options. Servers call it by `currentCall().peer` and `server.peers()`. Defaults to nothing.
   */
  readonly serve?: Offer;
  /** How long a call may take where neither it nor its method says so, in ms. Defaults to 10 000. */
  readonly timeoutMs?: number;
  /** What wraps every call, retries included; the first is the outermost. Defaults to none. */
  readonly interceptors?: readonly Interceptor[];
  /** How failed calls are tried again; false: never. Defaults to 3 attempts within a budget of 10 % of calls and 10 a second. */
  readonly retry?: RetryOptions | false;
  /** Sheds calls of a service here while its servers reject most of them for overload; false: never. Defaults to `{ k: 2 }`. */
  readonly throttle?: ThrottleOptions | false;
  /** Calls wait to the end of their deadline for an instance, instead of failing once none was ready for 5 s. Defaults to false. */
  readonly waitForReady?: boolean;
  /** Codecs, the preferred one first. Defaults to MessagePack, JSON and raw bytes. */
  readonly codecs?: readonly Codec[];
  /** Transports by the scheme of the addresses they serve, added to `tcp`, `unix`, and `tls` with the authorities of Node. */
  readonly transports?: Readonly<Record<string, Transport>>;
  /** What this process proves itself with to servers that ask: sent in each hello. Defaults to nothing. */
  readonly credentials?: CredentialsOption;
  /** Credentials are not sent to another host unencrypted unless this says that it is meant. Defaults to false. */
  readonly insecure?: boolean;
  /** Sees each new connection before the hello; may refuse or wrap it. Defaults to nothing. */
  readonly onConnect?: OnConnect;
  /**
   * Compresses what leaves together, with peers that do so too: "deflate", "lz4" (wants the package lz4-napi), or both in order of
   * preference. Not for connections on which one caller's secrets and another's chosen text travel. Defaults to false.
   */
  readonly compression?: CompressionChoice;
  /** Which processes belong together: the two ends of a connection must say the same. Defaults to "". */
  readonly cluster?: string;
  /** The id this process has in hellos. Defaults to a random one. */
  readonly instance?: string;
  /** Bounds of each connection; what is left out has its default. */
  readonly limits?: Partial<ConnectionLimits>;
  /** Connections to each endpoint, the calls spread over them: for endpoints that one socket cannot keep busy. Defaults to 1, at most 1,024. */
  readonly connections?: number;
  /**
   * When an endpoint that fails calls gets none for a while; false: never. Defaults to five in a row, or half of at least
   * 20 in 10 s: for 5 s the first time, and 5 s longer each time.
   */
  readonly ejection?: EjectionOptions | false;
  /** How long an endpoint that joins others has less than its share of the calls, in ms. 0: it has all of it at once. Defaults to 10 000. */
  readonly warmUpMs?: number;
  /** Endpoints of a service that are connected to at most; Infinity: all. Balancers that want all of a list have all. Defaults to 100. */
  readonly subset?: number;
  /** This client's number, from 0, among those that call the same services: numbered in a row, their subsets are even. Defaults to one made from `instance`. */
  readonly subsetIndex?: number;
  /** When a silent peer is asked whether it is there, suspected and given up; what is left out has its default. */
  readonly keepAlive?: KeepAliveOptions;
  /**
   * What happens when the queue to an endpoint is full: the oldest unwritten call fails ("evict"), or the new one
   * ("refuse"), or the new one waits for room until its deadline ("wait"), with its arguments as they were given, for who
   * awaits calls before making more. Defaults to "evict".
   */
  readonly whenFull?: WhenFull;
  /** How long connecting may take, hello included, in ms. Defaults to 5 000. */
  readonly connectMs?: number;
  /** Waits between attempts to connect, or to watch the registry. Defaults to 100 ms × 1.6, ± 20 %, 30 s at most. */
  readonly backoff?: BackoffOptions;
  /**
   * What this client was built to expect: `contracts` of `@rpc/schema` makes it. Where a server tells another schema hash, its
   * contract is fetched, once for each version, and what breaks is logged once and named in the errors of the method.
   * Defaults to comparing nothing.
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

/** Options of `connect`. */
export type ConnectOptions = Target & ConnectSettings;

/** What each option of `connect` must be: all that are declared, and no others. */
const kinds = {
  address: "string",
  registry: { functions: ["watch", "list"] },
  balancer: "function",
  serve: "any",
  timeoutMs: "number",
  interceptors: "functions",
  retry: "any",
  throttle: "any",
  waitForReady: "boolean",
  codecs: "list",
  transports: "object",
  credentials: "any",
  insecure: "boolean",
  onConnect: "function",
  compression: "any",
  cluster: "string",
  instance: "string",
  limits: "object",
  connections: "count",
  ejection: "any",
  warmUpMs: "number",
  subset: "count",
  subsetIndex: "number",
  keepAlive: "object",
  whenFull: ["evict", "refuse", "wait"],
  connectMs: "count",
  backoff: "object",
  contract,
  errors: "list",
  logger,
  clock,
  random: "function",
} as const satisfies Record<keyof Target | keyof ConnectSettings, OptionKinds[string]>;

/** Waits that do not grow, or are none, would be a storm of attempts. */
const backoffKinds = {
  firstMs: { from: 1, to: Number.POSITIVE_INFINITY },
  longestMs: { from: 1, to: Number.POSITIVE_INFINITY },
  factor: { from: 1, to: Number.POSITIVE_INFINITY },
  jitter: { from: 0, to: 1 },
} as const satisfies Record<keyof BackoffOptions, OptionKinds[string]>;
/** Below 1 a client would shed calls of servers that take all. */
const throttleKinds = { k: { from: 1, to: Number.POSITIVE_INFINITY } } as const satisfies Record<
  keyof ThrottleOptions,
  OptionKinds[string]
>;

/** Throws `invalid_argument` / `BAD_OPTION`, or `BAD_ADDRESS`, unless the options are known, of the right kind, and say in one way where to connect to. */
export function checkConnectOptions(options: ConnectOptions): void {
  if (typeof options !== "object" || options === null) throw new TypeError("connect wants an object of options");
  checkOptions("connect", options, kinds);
  if (options.connections !== undefined && options.connections > mostConnections)
    throw badOption(`connect: connections must be at most ${mostConnections}, not ${options.connections}`);
  checkRetry("connect", options.retry);
  checkOffer(options.serve);
  if (options.throttle !== undefined && options.throttle !== false)
    checkOptions("connect: throttle", options.throttle, throttleKinds);
  if (options.ejection !== undefined && options.ejection !== false)
    checkOptions("connect: ejection", options.ejection, ejectionKinds);
  if (options.subsetIndex !== undefined && !Number.isSafeInteger(options.subsetIndex))
    throw badOption(`connect: subsetIndex must be a whole number, not ${options.subsetIndex}`);
  checkCredentials(options.credentials);
  if (options.backoff !== undefined) checkOptions("connect: backoff", options.backoff, backoffKinds);
  checkTransports("connect", options.transports);
  checkCodecs("connect", options.codecs);
  const { address, registry, balancer, transports } = options;
  const wrong =
    address !== undefined && registry !== undefined
      ? "give either an address or a registry, not both"
      : address === undefined && registry === undefined
        ? "say where the services are: an address, or a registry and a balancer"
        : registry !== undefined && typeof balancer !== "function"
          ? "a registry wants a balancer beside it, such as p2cPeakEwma of @rpc/balancer"
          : undefined;
  if (wrong !== undefined)
    throw new RpcError("invalid_argument", `connect: ${wrong}`, { reason: "BAD_OPTION", processed: "no" });
  if (address !== undefined) checkAddress(address, { ...defaultTransports, ...transports });
}

/** What can be known before the first call should not have to be found out by it. */
function checkAddress(address: Address, transports: Readonly<Record<string, Transport | undefined>>): void {
  const scheme = schemeOf(address);
  if (transports[scheme] === undefined) {
    const known = Object.keys(transports).join(", ");
    throw new RpcError(
      "invalid_argument",
      `connect: no transport for ${address}: known are ${known}; give others in the option \`transports\``,
      { reason: "BAD_OPTION", processed: "no" },
    );
  }
  if (scheme === "tcp" || scheme === "tls") hostPort(address);
}
