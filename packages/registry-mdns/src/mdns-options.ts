import { isIPv4 } from "node:net";
import { checkOptions, type Logger, RpcError } from "@rpc/core";

export interface MdnsRegistryOptions {
  /** The IPv4 address of the interface to speak on; `127.0.0.1` stays on this machine. Defaults to those that the system chooses. */
  readonly interface?: string;
  /** The UDP port. Defaults to 5353, which other responders of the machine share. */
  readonly port?: number;
  /** The cluster whose instances are seen and registered: nobody of another one is. Defaults to `default`. */
  readonly cluster?: string;
  /** How long a process that died without a word stays listed, in ms, rounded up to seconds. It is announced anew after each third of it. Defaults to 10 000; at least 1 000. */
  readonly ttlMs?: number;
  /** How long the first look at a service collects answers, in ms. Defaults to 300. */
  readonly listenMs?: number;
  /** Told of announcements that cannot be used, and where nothing can be sent. Defaults to silence. */
  readonly logger?: Logger;
}

const kinds = {
  interface: "string",
  port: { from: 1, to: 65_535 },
  cluster: "string",
  ttlMs: { from: 1_000, to: 86_400_000 },
  listenMs: "count",
  logger: { functions: ["debug", "info", "warn", "error"] },
} as const;

/** Throws `invalid_argument` / `BAD_OPTION` where an option cannot be. */
export function checkMdnsOptions(options: MdnsRegistryOptions): void {
  checkOptions("mdnsRegistry", options, kinds);
  if (!/^[\w.-]{1,64}$/.test(options.cluster ?? "default"))
    throw badOption('cluster must be 1 to 64 letters, digits, "_", "-" or "."');
  if (options.interface !== undefined && !isIPv4(options.interface))
    throw badOption("interface must be the IPv4 address of one of this machine's interfaces");
}

function badOption(what: string): RpcError {
  return new RpcError("invalid_argument", `mdnsRegistry: ${what}`, { reason: "BAD_OPTION", processed: "no" });
}
