import { RpcError } from "@rpc/core";

export interface HostOptions {
  /** Members of the etcd cluster, `http://host:port` or `https://host:port`, all alike. Defaults to `http://127.0.0.1:2379`. */
  readonly hosts?: string | readonly string[];
  /** A user of etcd's own authentication. Not sent unencrypted to another machine unless `insecure` says so. Defaults to none. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Credentials may go over `http:` to another machine. Defaults to false. */
  readonly insecure?: boolean;
}

/**
 * Returns the hosts as a list. Throws `invalid_argument` / `BAD_OPTION` unless they are URLs of one scheme, and where
 * credentials would go unencrypted to another machine.
 */
export function checkHosts({ hosts = "http://127.0.0.1:2379", credentials, insecure = false }: HostOptions): string[] {
  const list = typeof hosts === "string" ? [hosts] : [...hosts];
  const schemes = new Set(list.map(schemeOf));
  if (schemes.size !== 1) throw badHosts("hosts must be one or more URLs, all with http: or all with https:");
  if (credentials === undefined) return list;
  if (typeof credentials.username !== "string" || typeof credentials.password !== "string")
    throw badHosts("credentials must be { username, password }");
  const open = list.find((host) => host.startsWith("http:") && !isLoopback(host));
  if (open !== undefined && !insecure)
    throw badHosts(`credentials would go unencrypted to ${open}: use https: hosts, or set insecure: true`);
  return list;
}

function schemeOf(host: unknown): string {
  const match = typeof host === "string" && /^(https?):\/\/[^/@\s]+:\d+$/.exec(host);
  if (match) return match[1]!;
  throw badHosts(`hosts must be URLs with a port, such as http://127.0.0.1:2379, not ${JSON.stringify(host)}`);
}

function isLoopback(host: string): boolean {
  const { hostname } = new URL(host);
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function badHosts(message: string): RpcError {
  return new RpcError("invalid_argument", `etcdRegistry: ${message}`, { reason: "BAD_OPTION", processed: "no" });
}
