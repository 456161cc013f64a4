import { RpcError } from "../contract/errors.js";
import type { Address } from "../contract/registry.js";
import type { Transport } from "../contract/transport.js";
import { hostPort, isWildcard, schemeOf } from "../transport/address.js";
import { staysHere } from "../transport/address-reach.js";
import type { ServeOptions } from "./serve-options.js";

/**
 * Throws `invalid_argument` / `BAD_OPTION` unless others who can reach the server have to prove who they are over a
 * connection that nobody else can read, and unless the address they are told is one.
 */
export function checkListen(options: ServeOptions, listen: Address, transport: Transport): void {
  const { registry, advertise, authenticate, insecure = false } = options;
  if (hasHost(listen)) hostPort(listen);
  const missing = [
    transport.encrypted === true ? [] : ["encryption"],
    transport.authenticates === true || authenticate !== undefined ? [] : ["authentication"],
  ].flat();
  if (missing.length > 0 && !insecure && !staysHere(listen, transport)) {
    throw badOption(
      `listen: ${listen} can be reached from other machines, without ${missing.join(" or ")}: listen on 127.0.0.1, use tls:// with the option authenticate or with client certificates, or set insecure: true if that is meant`,
    );
  }
  if (advertise !== undefined) {
    if (standsForAll(advertise)) {
      throw badOption(
        `advertise: ${advertise} stands for every interface, so nobody can connect to it: name the host that others should use`,
      );
    }
  } else if (registry !== undefined && standsForAll(listen)) {
    throw badOption(
      `listen: ${listen} stands for every interface, so others cannot be told where to connect: set advertise to the address they should use`,
    );
  }
}

function standsForAll(address: Address): boolean {
  return hasHost(address) && isWildcard(hostPort(address).host);
}

/** Addresses of other schemes are their transports' own business. */
function hasHost(address: Address): boolean {
  const scheme = schemeOf(address);
  return scheme === "tcp" || scheme === "tls";
}

function badOption(message: string): RpcError {
  return new RpcError("invalid_argument", message, { reason: "BAD_OPTION", processed: "no" });
}
