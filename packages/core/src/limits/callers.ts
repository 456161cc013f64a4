import type { Head } from "../contract/call.js";
import { callerOf } from "../transport/caller-of.js";

/**
 * Whose calls share a limit: `server`: all; `method`: those of a method; `caller`: those of a caller; `caller and method`: both
 * together; or what a function returns of a call's head, undefined where the limit does not concern it. A caller is known by the
 * name of its identity, else by its address: of IPv4 the host, of IPv6 the first 64 bits, whatever connection it uses.
 */
export type LimitedBy = "server" | "method" | "caller" | "caller and method" | ((head: Head) => string | undefined);

/** For checkOptions: what `by` may be where it is no function. */
export const waysToShare = ["server", "method", "caller", "caller and method"] as const;

/** Returns what tells whose limit a call counts against. */
export function keyBy(by: LimitedBy): (head: Head) => string | undefined {
  switch (by) {
    case "server":
      return () => "";
    case "method":
      return ({ method }) => method.path;
    case "caller":
      return ({ peer }) => callerOf(peer);
    case "caller and method":
      return ({ peer, method }) => `${method.path} ${callerOf(peer)}`;
    default:
      return by;
  }
}
