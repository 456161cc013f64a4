import type { ConnectionOptions } from "node:tls";
import { RpcError } from "@rpc/core";

export interface HostOptions {
  /** Members of the ensemble, `host:port`. Defaults to `127.0.0.1:2181`. */
  readonly hosts?: string | readonly string[];
  /**
   * The scheme "digest": entries can be read and changed only with the same credentials. Not sent unencrypted to another
   * machine unless `insecure` says so. Defaults to none: anybody may.
   */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Connects with TLS: what Node's `tls.connect` takes, such as `ca`, `cert` and `key`. Defaults to none. */
  readonly tls?: Pick<ConnectionOptions, "ca" | "cert" | "key" | "servername">;
  /** Credentials may go unencrypted to another machine. Defaults to false. */
  readonly insecure?: boolean;
}

/**
 * Returns the hosts as a list. Throws `invalid_argument` / `BAD_OPTION` unless they are `host:port`, and where credentials
 * would go unencrypted to another machine.
 */
export function checkHosts({ hosts = "127.0.0.1:2181", credentials, tls, insecure = false }: HostOptions): string[] {
  const list = typeof hosts === "string" ? [hosts] : [...hosts];
  if (list.length === 0) throw badHosts("hosts must be one or more of host:port");
  for (const host of list) {
    if (typeof host !== "string" || !/^[^\s/@,:]+:\d+$/.test(host))
      throw badHosts(`hosts must be host:port, such as 127.0.0.1:2181, not ${JSON.stringify(host)}`);
  }
  if (credentials === undefined) return list;
  const { username, password } = credentials;
  if (typeof username !== "string" || typeof password !== "string" || username.includes(":"))
    throw badHosts("credentials must be { username, password }, and the username without ':'");
  const open = list.find((host) => !/^(?:localhost|127\.\d+\.\d+\.\d+):/.test(host));
  if (open !== undefined && tls === undefined && !insecure)
    throw badHosts(`credentials would go unencrypted to ${open}: use tls, or set insecure: true`);
  return list;
}

function badHosts(message: string): RpcError {
  return new RpcError("invalid_argument", `zookeeperRegistry: ${message}`, { reason: "BAD_OPTION", processed: "no" });
}
