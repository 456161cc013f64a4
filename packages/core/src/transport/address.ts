import { RpcError } from "../contract/errors.js";
import type { Address } from "../contract/registry.js";

/** Where a TCP listener is. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Returns the scheme of an address, e.g. `tcp`. Throws `invalid_argument` where there is none. */
export function schemeOf(address: Address): string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(address)?.[1];
  if (scheme === undefined) throw badAddress(address, 'an address is a URL such as "tcp://127.0.0.1:7000"');
  return scheme;
}

/** Returns host and port of `tcp://host:port`; IPv6 hosts stand in brackets. Throws `invalid_argument` where it is not one. */
export function hostPort(address: Address): HostPort {
  const match = /^[a-z]+:\/\/(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port <= 65_535)) {
    throw badAddress(address, 'write host and port, such as "tcp://127.0.0.1:7000"; port 0 lets the system choose');
  }
  return { host, port };
}

/** Returns the address for a scheme, host and port. */
export function portAddress(scheme: string, host: string, port: number): Address {
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Whether a host stands for every interface of the machine, so that nobody can be told to connect to it. */
export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || /^\[?(::|0:0:0:0:0:0:0:0|::ffff:0\.0\.0\.0)\]?$/.test(host);
}

/** Whether a host is this machine's own loopback. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(host);
}

function badAddress(address: unknown, fix: string): RpcError {
  return new RpcError("invalid_argument", `"${String(address).slice(0, 200)}" is not an address: ${fix}`, {
    reason: "BAD_ADDRESS",
    processed: "no",
  });
}
