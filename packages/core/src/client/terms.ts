import type { Deadlines } from "../clock/deadlines.js";
import type { Account, Call, Invoke, Metadata, Priority, Reply, Route } from "../contract/call.js";
import type { Method } from "../contract/method.js";
import { diagnostics } from "../session/diagnostics.js";
import type { CheckedOptions } from "./call-options.js";
import type { Direct } from "./direct.js";

/** Calls that are made within this, in ms, count as made at once: their deadlines come early by that much at most. */
const sameMomentMs = 0.25;

/** What the calls of a client share. */
export interface Origin {
  readonly invoke: Invoke;
  /** The way beside `invoke`, where there is one. */
  readonly direct: Direct | undefined;
  readonly deadlines: Deadlines;
}

type CallTerms = Pick<CheckedOptions, "metadata" | "signal" | "onReply" | "route" | "oneway" | "priority">;

/** What the calls of a method have in common that a client makes at one moment, one after the other. */
export class Terms {
  readonly origin: Origin;
  readonly method: Method;
  readonly startedAt: number;
  /** Not counting what the call is made for. */
  readonly timeoutMs: number;
  deadline: number;
  priority: Priority;
  metadata: Metadata;
  route: Route | undefined;
  readonly signal: AbortSignal | undefined;
  readonly oneway: boolean;
  readonly onReply: ((reply: Reply) => void) | undefined;
  /** The call whose handler makes these. */
  readonly parent: Call | undefined;
  readonly cautious: boolean;
  /** Who counts them. */
  account: Account | undefined = undefined;
  /** Whether other calls have them too, so that they must not be changed. */
  readonly shared: boolean;

  constructor(
    origin: Origin,
    method: Method,
    startedAt: number,
    timeoutMs: number,
    parent: Call | undefined,
    { metadata, signal, onReply, route, oneway, priority }: CallTerms,
    shared = false,
  ) {
    this.origin = origin;
    this.method = method;
    this.startedAt = startedAt;
    this.timeoutMs = timeoutMs;
    this.deadline = startedAt + timeoutMs;
    this.priority = priority ?? "normal";
    this.metadata = metadata;
    this.route = route;
    this.signal = signal;
    this.oneway = oneway;
    this.onReply = onReply;
    this.parent = parent;
    this.cautious = false;
    this.shared = shared;
    if (parent === undefined) return;
    this.deadline = Math.min(this.deadline, parent.deadline);
    this.priority = priority ?? parent.priority;
    this.cautious = parent.cautious || parent.attempt > 1;
  }

  /** Returns the same for one call alone. */
  copy(): Terms {
    const copy = new Terms(this.origin, this.method, this.startedAt, this.timeoutMs, this.parent, this);
    copy.deadline = this.deadline;
    copy.account = this.account;
    return copy;
  }

  /** Whether they are those of one more call of a method, made at `now`. */
  fit(method: Method, now: number): boolean {
    return this.method === method && now - this.startedAt < sameMomentMs;
  }
}

/** Returns the way of a call beside the interceptors, where there is one that it may take. */
export function directWay({ direct }: Origin, onReply: Terms["onReply"]): Direct | undefined {
  // Who else hears of the answer runs code of his own, which must not stand within the reading of a connection.
  return onReply === undefined && !diagnostics.clientCall.hasSubscribers ? direct : undefined;
}
