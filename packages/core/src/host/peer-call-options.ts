import type { Interceptor } from "../contract/call.js";
import type { RetryOptions } from "../interceptors/retry-policy.js";
import { checkOptions, type OptionKinds } from "../service/check-options.js";
import type { WhenFull } from "../session/when-full.js";
import { checkRetry } from "./retry-option.js";

/** How a server calls the services that its peers offer. */
export interface PeerCallOptions {
  /** What wraps every such call, retries included; the first is the outermost. Defaults to none. */
  readonly interceptors?: readonly Interceptor[];
  /**
   * How failed calls are tried again, on the same connection while it stands; false: never. Defaults to 3 attempts within a
   * budget, of all peers together, of 10 % of calls and 10 a second.
   */
  readonly retry?: RetryOptions | false;
  /**
   * What happens when the queue to a peer is full: the oldest unwritten call fails ("evict"), or the new one ("refuse"),
   * or the new one waits for room until its deadline ("wait"). Defaults to "evict".
   */
  readonly whenFull?: WhenFull;
}

const kinds = {
  interceptors: "functions",
  retry: "any",
  whenFull: ["evict", "refuse", "wait"],
} as const satisfies Record<keyof PeerCallOptions, OptionKinds[string]>;

/** Returns the options. Throws `invalid_argument` / `BAD_OPTION` where one is unknown or of the wrong kind; `where` names who takes them. */
export function checkPeerCalls(where: string, options: PeerCallOptions = {}): PeerCallOptions {
  checkOptions(`${where}: peerCalls`, options, kinds);
  checkRetry(`${where}: peerCalls`, options.retry);
  return options;
}
