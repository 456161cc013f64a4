import type { Endpoint, Entry } from "@rpc/core";
import { entryFrom } from "@rpc/core/discovery";

/*
 *     /<prefix>/<cluster>/<service>/<id>            each encoded; the last one goes with the session that made it
 *     { address, weight, tags, inactive, lease }    as JSON
 */

/** Returns the path of a node from the names above it and its own. A name of dots alone would be refused, so dots are encoded, too. */
export function pathOf(...names: readonly string[]): string {
  return names.map((name) => `/${encodeURIComponent(name).replaceAll(".", "%2E")}`).join("");
}

/** Returns the name that the last part of a path stands for. */
export function nameOf(part: string): string {
  return decodeURIComponent(part);
}

export function bytesOf({ address, weight, tags, inactive }: Endpoint, lease: string): Buffer {
  return Buffer.from(JSON.stringify({ address, weight, tags, inactive, lease }));
}

/** Returns the entry that a node is. Throws where it is none. */
export function entryOf(service: string, part: string, bytes: Buffer | undefined): Entry {
  return entryFrom({ ...(JSON.parse(String(bytes)) as object), service, id: nameOf(part) });
}

/** Returns the lease under which a node was written; undefined where it is none of ours. */
export function leaseOf(bytes: Buffer | undefined): unknown {
  try {
    return (JSON.parse(String(bytes)) as { lease?: unknown } | null)?.lease;
  } catch {
    return undefined;
  }
}
