import { createHash } from "node:crypto";
import type { Entry } from "@rpc/core";
import { entryFrom } from "@rpc/core/discovery";

/** All instances of all services, as RFC 6763 browses them. */
export const everything = "_rpc._tcp.local";
/** Longest string of a TXT record, in bytes. */
const pieceBytes = 255;

/** What is told of one entry of one lease. */
export interface Announcement {
  readonly cluster: string;
  readonly lease: string;
  /** Counted up by each update of the lease: what is late on the way does not bring back what it replaced. */
  readonly revision: number;
  /** When the lease was made, in µs: of two leases with the same instance the later counts. */
  readonly registeredAt: number;
  readonly entry: Entry;
}

/** Records as multicast-dns takes and gives them. */
export interface MdnsRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl?: number;
  readonly flush?: boolean;
  readonly data?: unknown;
}

/** Returns the name under which a service is asked for: services may be called anything, labels have 63 bytes. */
export function browsed(cluster: string, service: string): string {
  return `${digest(cluster, service)}._sub.${everything}`;
}

/** Returns the name of one announcement: one for each lease, so that an old one's end does not touch a new one. */
export function announced({ cluster, lease, entry }: Announcement): string {
  return `${digest(cluster, entry.service, entry.id, lease)}.${everything}`;
}

/** Returns the records of an announcement; with a time to live of 0 they are its end. */
export function recordsOf(announcement: Announcement, ttl: number): readonly MdnsRecord[] {
  const { cluster, lease, revision, registeredAt, entry } = announcement;
  const name = announced(announcement);
  const text = Buffer.from(JSON.stringify({ version: 1, cluster, lease, revision, registeredAt, entry }));
  const pieces = Array.from({ length: Math.ceil(text.length / pieceBytes) }, (_, place) =>
    text.subarray(place * pieceBytes, (place + 1) * pieceBytes),
  );
  return [
    { name: browsed(cluster, entry.service), type: "PTR", ttl, data: name },
    { name: everything, type: "PTR", ttl, data: name },
    { name, type: "TXT", ttl, data: pieces },
  ];
}

/** Returns what a TXT record announces. Throws where it is none of ours, or says nothing that can be used. */
export function announcementFrom({ name, data }: MdnsRecord): Announcement {
  const pieces = (Array.isArray(data) ? data : [data]).filter((piece) => piece instanceof Uint8Array);
  const value = JSON.parse(Buffer.concat(pieces).toString()) as Partial<Announcement> & { readonly version?: unknown };
  const { cluster, lease, revision, registeredAt } = value;
  if (value.version !== 1)
    throw new Error(`it is of version ${String(value.version)}, and this process knows version 1`);
  if (typeof cluster !== "string" || typeof lease !== "string") throw new Error("it says neither cluster nor lease");
  if (!Number.isSafeInteger(revision) || !Number.isSafeInteger(registeredAt))
    throw new Error("it does not say how old it is");
  const announcement = {
    cluster,
    lease,
    revision: revision!,
    registeredAt: registeredAt!,
    entry: entryFrom(value.entry),
  };
  if (announced(announcement) !== name) throw new Error("its name is another one's");
  return announcement;
}

function digest(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}
