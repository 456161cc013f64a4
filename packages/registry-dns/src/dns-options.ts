import { isIP } from "node:net";
import { checkOptions, type Logger, RpcError } from "@rpc/core";

export interface DnsRegistryOptions {
  /**
   * The name of a service's instances, in which `{service}` stands for the service's own in lower case, with `-` for what a
   * name cannot have. With a port, `{service}.shop.svc.cluster.local:7000`, its A and AAAA records are the instances, as of a
   * Kubernetes headless service; without one, `_rpc._tcp.{service}.example.org`, its SRV records are, which name the ports.
   * A function instead returns the name of a service, or undefined for a service that DNS does not know.
   */
  readonly name: string | ((service: string) => string | undefined);
  /** What addresses begin with: `tcp` or `tls`, or a transport of your own. Defaults to `tcp`. */
  readonly scheme?: string;
  /** Which addresses are taken: 4, 6, or 0 for both. Defaults to 0. */
  readonly family?: number;
  /** The services that `services()` looks for: DNS does not say which there are. Defaults to none. */
  readonly services?: readonly string[];
  /** Name servers, `10.0.0.10` or `10.0.0.10:53`, `[::1]:53`, asked one after the other. Defaults to the system's. */
  readonly servers?: readonly string[];
  /** How long one server may take for an answer, in ms. Defaults to 2 000. */
  readonly timeoutMs?: number;
  /** A list is looked up again after its time to live, but not sooner than this, in ms. Defaults to 1 000. */
  readonly soonestMs?: number;
  /** And not later than this, in ms. Defaults to 30 000. */
  readonly latestMs?: number;
  /** Told of records that cannot be used. Defaults to silence. */
  readonly logger?: Logger;
}

const kinds = {
  name: "any",
  scheme: "string",
  family: { from: 0, to: 6 },
  services: "list",
  servers: "list",
  timeoutMs: "count",
  soonestMs: "count",
  latestMs: "count",
  logger: { functions: ["debug", "info", "warn", "error"] },
} as const;

/** Where a name server is. */
export interface NameServer {
  readonly host: string;
  readonly port: number;
}

/** What a service's instances are called; with a port they are addresses, else services (RFC 2782). */
export interface Target {
  readonly name: string;
  readonly port: number | undefined;
}

/** Throws `invalid_argument` / `BAD_OPTION` where an option cannot be. */
export function checkDnsOptions(options: DnsRegistryOptions): void {
  checkOptions("dnsRegistry", options, kinds);
  const { name, family = 0, scheme = "tcp", soonestMs = 1_000, latestMs = 30_000 } = options;
  if (typeof name !== "function" && (typeof name !== "string" || name === ""))
    throw badOption(
      'name must be a name such as "{service}.shop.svc.cluster.local:7000", or a function that returns one',
    );
  if (typeof name === "string") targetFrom(name.replaceAll("{service}", "a"));
  if (![0, 4, 6].includes(family)) throw badOption("family must be 0, 4 or 6");
  if (!/^[a-z][a-z0-9+.-]*$/.test(scheme)) throw badOption('scheme must be a word such as "tcp"');
  if (soonestMs > latestMs) throw badOption("soonestMs must not be above latestMs");
  options.servers?.forEach(nameServer);
}

/** Returns what a service is called, or undefined where it has no name. */
export function targetOf({ name }: DnsRegistryOptions, service: string): Target | undefined {
  const text = typeof name === "function" ? name(service) : name.replaceAll("{service}", labelOf(service));
  return text === undefined ? undefined : targetFrom(text);
}

/** Returns a name server from `host` or `host:port`. */
export function nameServer(text: string): NameServer {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)|([0-9a-f:]+))(?::(\d{1,5}))?$/i.exec(
    isIP(text) === 6 ? `[${text}]` : text,
  );
  const host = match?.[1] ?? match?.[2] ?? "";
  const port = Number(match?.[4] ?? 53);
  if (isIP(host) === 0 || port < 1 || port > 65_535)
    throw badOption(`servers: ${JSON.stringify(text)} is no address such as "10.0.0.10" or "10.0.0.10:53"`);
  return { host, port };
}

function labelOf(service: string): string {
  const label = service.toLowerCase().replace(/[^a-z0-9-]+/g, "-");
  return label.replace(/^-+|-+$/g, "").slice(0, 63) || "-";
}

function targetFrom(text: string): Target {
  const [, name = "", port] = /^([^:\s]+?)\.?(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (name === "" || name.length > 253 || (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)))
    throw badOption(
      `name: ${JSON.stringify(text.slice(0, 300))} is no name such as "prices.example.org:7000" or "_rpc._tcp.prices.example.org"`,
    );
  return { name, port: port === undefined ? undefined : Number(port) };
}

function badOption(what: string): RpcError {
  return new RpcError("invalid_argument", `dnsRegistry: ${what}`, { reason: "BAD_OPTION", processed: "no" });
}
