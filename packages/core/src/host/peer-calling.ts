import type { Call, Interceptor, Invoke } from "../contract/call.js";
import type { Clock, Random } from "../contract/clock.js";
import { compose } from "../interceptors/compose.js";
import { retryBy } from "../interceptors/retry.js";
import { type RetryOptions, RetryPolicy } from "../interceptors/retry-policy.js";
import type { PeerLine } from "../session/peer-line.js";
import type { MethodTable } from "../stats/method-table.js";
import { passedOn } from "./passed-on.js";
import { PeerCalls } from "./peer-calls.js";

/** How a process calls its peers. */
export interface PeerCalling {
  readonly interceptors: readonly Interceptor[] | undefined;
  readonly retry: RetryOptions | false | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** Counts the calls of all peers. */
  readonly table: MethodTable;
}

/**
 * Returns what makes the `invoke` of each peer of a process. What failed is tried again by the usual rules, within one
 * budget for all peers, as long as the connection takes calls: there is no elsewhere.
 */
export function peerCalling({ interceptors = [], retry, clock, random, table }: PeerCalling) {
  const policy = retry === false ? undefined : new RetryPolicy(retry, clock, random);
  return (line: PeerLine): Invoke => {
    const { invoke } = new PeerCalls(line);
    if (policy === undefined) return counted(compose(interceptors, invoke), table);
    const here = {
      count: (call: Call) => policy.count(call),
      modeOf: (call: Call) => policy.modeOf(call),
      delayMs: (call: Call, thrown: unknown) => (line.takesCalls ? policy.delayMs(call, thrown) : undefined),
    };
    return counted(compose([...interceptors, retryBy(here, clock)], invoke), table);
  };
}

/** A client's calls tell their outcome themselves; one that somebody passes on is told by what becomes of it. */
function counted(next: Invoke, table: MethodTable): Invoke {
  return (call) => {
    const account = table.of(call.method.path);
    account.calls++;
    if (call.peer !== undefined) return passedOn(next, account, call);
    call.account = account;
    return next(call);
  };
}
