import { BlockList, isIP } from "node:net";
import type { Admission, Head, Peer } from "../contract/call.js";
import { badOption, checkOptions } from "../service/check-options.js";
import { hostPort } from "../transport/address.js";
import { refusal } from "./refusals.js";

/** Who is meant: whoever one of the entries fits. */
export interface Who {
  /** IP addresses, `10.1.2.3`, networks, `10.0.0.0/8`, `fd00::/8`, and `unix` and `memory` for callers by these. Defaults to none. */
  readonly addresses?: readonly string[];
  /** Names of identities, as `authenticate` says them. Defaults to none. */
  readonly identities?: readonly string[];
  /** The services, `Prices`, or methods, `Prices/quote`, that this concerns. Defaults to all. */
  readonly methods?: readonly string[];
}

/** Returns an admission that lets nobody else call: others are rejected before decoding, with `permission_denied` / `NOT_ALLOWED`. */
export function allow(who: Who): Admission {
  const { concerns, fits } = rules("allow", who);
  const error = refusal("permission_denied", "who calls is not among those that this server allows", "NOT_ALLOWED");
  return (head) => (!concerns(head) || fits(head.peer) ? undefined : error);
}

/** Returns an admission that lets these not call: they are rejected before decoding, with `permission_denied` / `DENIED`. */
export function deny(who: Who): Admission {
  const { concerns, fits } = rules("deny", who);
  const error = refusal("permission_denied", "who calls is among those that this server denies", "DENIED");
  return (head) => (concerns(head) && fits(head.peer) ? error : undefined);
}

function rules(where: string, who: Who) {
  checkOptions(where, who, { addresses: "list", identities: "list", methods: "list" });
  const { addresses = [], identities = [], methods } = who;
  for (const text of [...addresses, ...identities, ...(methods ?? [])]) {
    if (typeof text !== "string" || text === "")
      throw badOption(`${where}: every entry must be a string, and not empty`);
  }
  if (addresses.length + identities.length === 0)
    throw badOption(`${where}: addresses or identities must say who is meant`);
  const concerned = methods && new Set(methods.map((name) => name.replace(/^\//, "")));
  const names = new Set(identities);
  const isListed = addressTest(where, addresses);
  const known = new WeakMap<Peer, boolean>();
  return {
    concerns: ({ method }: Head): boolean =>
      concerned === undefined || concerned.has(method.service) || concerned.has(method.path.slice(1)),
    /** Looked up once for each connection: neither address nor identity of one changes. */
    fits(peer: Peer): boolean {
      let fits = known.get(peer);
      if (fits === undefined) {
        fits = (peer.identity !== undefined && names.has(peer.identity.name)) || isListed(peer.address);
        known.set(peer, fits);
      }
      return fits;
    },
  };
}

function addressTest(where: string, addresses: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  const schemes = new Set<string>();
  for (const text of addresses) {
    const [host = "", bits] = text.split("/");
    const family = isIP(host);
    if (text === "unix" || text === "memory") schemes.add(text);
    else if (family === 0 || (bits !== undefined && !isPrefix(bits, family)))
      throw badOption(
        `${where}: ${JSON.stringify(text)} is no address such as "10.1.2.3" or "10.0.0.0/8", nor "unix" or "memory"`,
      );
    else list.addSubnet(host, Number(bits ?? (family === 4 ? 32 : 128)), family === 4 ? "ipv4" : "ipv6");
  }
  return (address) => {
    if (schemes.has(address.slice(0, Math.max(0, address.indexOf(":"))))) return true;
    const host = hostOf(address);
    if (host === undefined) return false;
    const mapped = /^::ffff:([\d.]+)$/i.exec(host)?.[1];
    const ip = mapped ?? host.split("%")[0]!;
    const family = isIP(ip);
    return family !== 0 && list.check(ip, family === 4 ? "ipv4" : "ipv6");
  };
}

const isPrefix = (bits: string, family: number): boolean =>
  /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);

function hostOf(address: string): string | undefined {
  try {
    return hostPort(address).host;
  } catch {
    return undefined;
  }
}
