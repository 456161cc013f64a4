import type { Endpoint } from "../contract/registry.js";

/** Clients that share one order of the list, and divide it evenly among themselves. */
const lotSize = 10;

/**
 * Returns `size` of the endpoints for one of many clients, the same each time for the same list. Clients numbered in a
 * row connect evenly: each lot of ten goes around one shuffled circle, beginning at tenths of it, so that within a lot no
 * endpoint has two clients more than another. An endpoint that comes or goes changes at most one or two of a client's,
 * since the circle is sorted by a hash of the lot and the endpoint.
 *
 * After Ward et al., Reinventing Backend Subsetting at Google, ACM Queue 20(5), 2022.
 */
export function subsetOf(endpoints: readonly Endpoint[], size: number, index: number): readonly Endpoint[] {
  const count = endpoints.length;
  if (count <= size) return endpoints;
  const lot = Math.floor(index / lotSize);
  const circle = endpoints
    .map((endpoint) => ({ endpoint, at: hashOf(`${lot} ${endpoint.id} ${endpoint.address}`) }))
    .sort((a, b) => a.at - b.at || (a.endpoint.id < b.endpoint.id ? -1 : 1));
  // The beginning is a point of the circle and no place in the list: or one that goes would shift all that follow.
  const begin = (((index % lotSize) + 0.5) / lotSize) * 2 ** 32;
  const first = circle.findIndex(({ at }) => at >= begin);
  return Array.from({ length: size }, (_, step) => circle[(Math.max(0, first) + step) % count]!.endpoint);
}

/** Returns a number for a client that was given none: from its id, so that it is the same each time. */
export function indexOf(instance: string): number {
  return hashOf(instance) % 1_000_000;
}

/** FNV-1a, finished as MurmurHash3 is: the last characters of a text would else not change its upper bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
