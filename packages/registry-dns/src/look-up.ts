import type { Answer, Packet } from "dns-packet";
import { ask, type RecordType } from "./ask.js";
import type { NameServer } from "./dns-options.js";

/** Records of one type, and how long they may be believed. */
export interface Found<T> {
  readonly records: readonly T[];
  readonly ttlMs: number;
}

/** A record of RFC 2782. */
export interface ServiceRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/** Looks names up. */
export interface LookUp {
  /** Resolves to the addresses of a name; an empty list where there are none. */
  addresses(name: string, signal: AbortSignal): Promise<Found<string>>;
  services(name: string, signal: AbortSignal): Promise<Found<ServiceRecord>>;
}

/** Returns what asks the servers one after the other, until one answers. Of an empty answer the zone says how long it holds (RFC 2308), else it holds for 0 ms. */
export function createLookUp(servers: readonly NameServer[], timeoutMs: number, family: number): LookUp {
  const find = async <T>(name: string, type: RecordType, signal: AbortSignal): Promise<Found<T>> => {
    let failure: unknown = new Error("there is no name server: say which with `servers`");
    for (const server of servers) {
      try {
        return found<T>(await ask(server, name, type, timeoutMs, signal), type);
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
      }
    }
    throw failure;
  };
  return {
    services: (name, signal) => find<ServiceRecord>(name, "SRV", signal),
    async addresses(name, signal) {
      const types = (["A", "AAAA"] as const).filter((type) => family === 0 || (type === "A") === (family === 4));
      const answers = await Promise.allSettled(types.map((type) => find<string>(name, type, signal)));
      const good = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
      const records = good.flatMap(({ records }) => records);
      const failed = answers.find((answer) => answer.status === "rejected");
      // A server that fails for one family only is usual: what the other one has is good.
      if (failed !== undefined && records.length === 0) throw failed.reason;
      const counted = good.filter((each) => each.records.length > 0);
      return { records, ttlMs: Math.min(...(counted.length > 0 ? counted : good).map(({ ttlMs }) => ttlMs)) };
    },
  };
}

function found<T>({ answers = [], authorities = [] }: Packet, type: RecordType): Found<T> {
  const own = answers.filter((answer) => answer.type === type);
  // The names on the way to the records may change sooner than the records.
  const from: readonly Answer[] = own.length > 0 ? answers : authorities.filter(({ type }) => type === "SOA");
  const ttls = from.map((record) => secondsOf(record));
  return {
    records: own.map((answer) => (answer as { readonly data: unknown }).data as T),
    ttlMs: 1_000 * (ttls.length > 0 ? Math.min(...ttls) : 0),
  };
}

function secondsOf(record: Answer): number {
  const { ttl = 0 } = record as { readonly ttl?: number };
  return record.type === "SOA" ? Math.min(ttl, record.data.minimum ?? ttl) : ttl;
}
