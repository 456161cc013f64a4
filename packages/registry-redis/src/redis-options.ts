import type { ConnectionOptions } from "node:tls";
import { checkOptions, type Logger, RpcError } from "@rpc/core";

/** How Redis is reached. */
export interface RedisOptions {
  /**
   * Where Redis is: `redis://host:port`, or `rediss://host:port` for TLS; a user and a password may stand in it, as in
   * `redis://user:password@host`. Defaults to `redis://127.0.0.1:6379`.
   */
  readonly url?: string;
  /** The ACL user. Defaults to the one in `url`, else Redis's own default user. */
  readonly username?: string;
  /** Its password. Defaults to the one in `url`, else none. */
  readonly password?: string;
  /** The number of the database. Defaults to 0. */
  readonly database?: number;
  /** Authorities, certificate and key for TLS, as `node:tls` takes them. Certificate and name of the server are verified whatever is said here. Defaults to none; `rediss:` alone trusts the system's authorities. */
  readonly tls?: ConnectionOptions;
  /** Lets the password travel unencrypted to another host. Defaults to false: then that is refused. */
  readonly insecure?: boolean;
  /** Tells what shares a Redis apart, with `cluster`: what the keys begin with. Defaults to `rpc`. */
  readonly prefix?: string;
  /** How long connecting, and an answer, may take, in ms; then the connection is given up and made anew. Defaults to 2 000. */
  readonly timeoutMs?: number;
  /** Told of outages, and by a registry of entries that cannot be used. Defaults to silence. */
  readonly logger?: Logger;
}

export interface RedisRegistryOptions extends RedisOptions {
  /** The cluster whose instances are seen and registered: nobody of another one is. Defaults to `default`. */
  readonly cluster?: string;
  /** How long a process that died without a word stays listed, in ms. A third of it passes between two signs of life. Defaults to 10 000; at least 300. */
  readonly ttlMs?: number;
}

/** For checkOptions: what everything that uses Redis takes. */
export const redisKinds = {
  url: "string",
  username: "string",
  password: "string",
  database: { from: 0, to: 2 ** 31 },
  tls: "object",
  prefix: "string",
  timeoutMs: "count",
  insecure: "boolean",
  logger: { functions: ["debug", "info", "warn", "error"] },
} as const;

/** Where a Redis is, without what is secret. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** Throws `invalid_argument` / `BAD_OPTION` where an option of a registry cannot be. */
export function checkRegistryOptions(options: RedisRegistryOptions): void {
  checkOptions("redisRegistry", options, { ...redisKinds, cluster: "string", ttlMs: { from: 300, to: 2 ** 31 - 1 } });
  if (!isWord(options.cluster ?? "default")) throw badOption("redisRegistry", `cluster must be ${word}`);
}

/** Throws `invalid_argument` / `BAD_OPTION` where Redis cannot be reached so, and returns where it is. `where` is whose options they are. */
export function placeOf(where: string, options: RedisOptions): Place {
  if (!isWord(options.prefix ?? "rpc")) throw badOption(where, `prefix must be ${word}`);
  const text = options.url ?? "redis://127.0.0.1:6379";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["redis:", "rediss:"].includes(url.protocol) || url.hostname === "")
    throw badOption(where, "url must be redis://host:port or rediss://host:port");
  if (url.pathname.length > 1 || url.search !== "")
    throw badOption(where, "url ends with the port: the database is an option of its own");
  const place = {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || 6379),
    secure: url.protocol === "rediss:" || options.tls !== undefined,
    username: options.username ?? (url.username === "" ? undefined : decodeURIComponent(url.username)),
    password: options.password ?? (url.password === "" ? undefined : decodeURIComponent(url.password)),
  };
  if (place.password !== undefined && !place.secure && !isHere(place.host) && options.insecure !== true)
    throw badOption(
      where,
      `the password would travel to ${place.host} unencrypted: use rediss://, or say insecure: true`,
    );
  return place;
}

const isHere = (host: string): boolean => host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);

const word = '1 to 64 letters, digits, "_", "-" or "."';
const isWord = (text: string): boolean => /^[\w.-]{1,64}$/.test(text);

function badOption(where: string, what: string): RpcError {
  return new RpcError("invalid_argument", `${where}: ${what}`, { reason: "BAD_OPTION", processed: "no" });
}
