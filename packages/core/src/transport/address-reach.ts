import type { Address } from "../contract/registry.js";
import type { Transport } from "../contract/transport.js";
import { hostPort, isLoopback, schemeOf } from "./address.js";

/** Whether only this machine can be at the other end: within the process, a Unix socket, loopback, or because the transport says so. */
export function staysHere(address: Address, transport: Transport): boolean {
  if (transport.local === true) return true;
  const scheme = schemeOf(address);
  if (scheme === "memory" || scheme === "unix") return true;
  const host = hostOf(address);
  return host !== undefined && isLoopback(host);
}

/**
 * Returns what stands for the place that an address is at, whatever its port: of IPv4 the host, of IPv6 the first 64
 * bits, since one machine has all that begin so, and otherwise the address without what follows a `#`.
 */
export function placeOf(address: Address): string {
  const host = hostOf(address);
  if (host === undefined) return address.startsWith("memory:") ? "memory:" : address.replace(/#.*$/, "");
  const mapped = /^::ffff:([\d.]+)$/i.exec(host)?.[1];
  if (mapped !== undefined) return mapped;
  return host.includes(":") ? `${firstGroups(host).join(":")}::/64` : host;
}

/** The first four of the eight groups of an IPv6 address. */
function firstGroups(host: string): readonly string[] {
  const [head = "", tail] = host.split("%")[0]!.toLowerCase().split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const between = tail === undefined ? [] : Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  return [...before, ...between, ...after].slice(0, 4);
}

function hostOf(address: Address): string | undefined {
  try {
    return hostPort(address).host;
  } catch {
    return undefined;
  }
}
