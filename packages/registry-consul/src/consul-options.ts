import type { ConnectionOptions } from "node:tls";
import { checkOptions, type Logger, RpcError } from "@rpc/core";

export interface ConsulRegistryOptions {
  /** The HTTP API of the agent on this machine, `http://host:port` or `https://host:port`. Defaults to `http://127.0.0.1:8500`. */
  readonly url?: string;
  /** The ACL token. Over `http:` only to this machine, unless `insecure`. Defaults to none. */
  readonly token?: string;
  /** Authorities, certificate and key for `https:`, as `node:tls` takes them. Certificate and name of the agent are verified whatever is said here. Defaults to the authorities of Node. */
  readonly tls?: ConnectionOptions;
  /** Lets the token travel unencrypted to another host. Defaults to false: then that is refused. */
  readonly insecure?: boolean;
  /** The cluster whose instances are seen and registered: nobody of another one is. Defaults to `default`. */
  readonly cluster?: string;
  /** How long a process that died without a word stays listed, in ms: the time to live of its health checks. A third of it passes between two signs of life. Defaults to 10 000; at least 1 000. */
  readonly ttlMs?: number;
  /** How long an answer may take, in ms. Defaults to 2 000. */
  readonly timeoutMs?: number;
  /** How long the agent may hold back the answer to a watch in which nothing changes, in ms; so long and `timeoutMs` a dead connection is not noticed. Defaults to 5 000. */
  readonly waitMs?: number;
  /** Told of entries that cannot be used. Defaults to silence. */
  readonly logger?: Logger;
}

const kinds = {
  url: "string",
  token: "string",
  tls: "object",
  insecure: "boolean",
  cluster: "string",
  ttlMs: { from: 1_000, to: 86_400_000 },
  timeoutMs: "count",
  waitMs: { from: 100, to: 600_000 },
  logger: { functions: ["debug", "info", "warn", "error"] },
} as const;

/** Throws `invalid_argument` / `BAD_OPTION` where an option cannot be, and returns where the agent is. */
export function agentOf(options: ConsulRegistryOptions): URL {
  checkOptions("consulRegistry", options, kinds);
  if (!/^[\w.-]{1,64}$/.test(options.cluster ?? "default"))
    throw badOption('cluster must be 1 to 64 letters, digits, "_", "-" or "."');
  const text = options.url ?? "http://127.0.0.1:8500";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.pathname !== "/" || url.search !== "")
    throw badOption("url must be http://host:port or https://host:port");
  if (url.username !== "" || url.password !== "") throw badOption("url has no credentials: say token");
  if (options.token !== undefined && url.protocol === "http:" && !isHere(url.hostname) && options.insecure !== true)
    throw badOption(`the token would travel to ${url.hostname} unencrypted: use https://, or say insecure: true`);
  return url;
}

const isHere = (host: string): boolean => host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);

function badOption(what: string): RpcError {
  return new RpcError("invalid_argument", `consulRegistry: ${what}`, { reason: "BAD_OPTION", processed: "no" });
}
