import type { Endpoint, Entry } from "@rpc/core";
import { entryFrom } from "@rpc/core/discovery";
import type { IKeyValue } from "etcd3";

/*
 *     <prefix>/<cluster>/<service>/<id>      service and id encoded, so that "/" stands only between them
 *     { address, weight, tags, inactive }    as JSON
 */

/** Returns what the keys of a service begin with, and those of no other. */
export function servicePrefix(base: string, service: string): string {
  return `${base}${encodeURIComponent(service)}/`;
}

export function keyOf(base: string, service: string, id: string): string {
  return `${servicePrefix(base, service)}${encodeURIComponent(id)}`;
}

export function textOf({ address, weight, tags, inactive }: Endpoint): string {
  return JSON.stringify({ address, weight, tags, inactive });
}

/** Returns the entry that a key and its value are. Throws where they are none. */
export function entryOf(base: string, { key, value }: IKeyValue): Entry {
  const [service, id, ...more] = String(key).slice(base.length).split("/");
  if (!service || !id || more.length > 0) throw new Error("the key is not <service>/<id>");
  const endpoint = JSON.parse(String(value)) as object;
  return entryFrom({ ...endpoint, service: decodeURIComponent(service), id: decodeURIComponent(id) });
}
