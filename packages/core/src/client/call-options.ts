import { type Metadata, type NestedCall, noMetadata, type Priority, type Reply, type Route } from "../contract/call.js";
import type { Clock } from "../contract/clock.js";
import type { Explanation } from "../contract/explanation.js";
import { type FailMode, failModes } from "../contract/fail-mode.js";
import { badOption, checkOptions as checkKinds, type OptionKinds } from "../service/check-options.js";

/** A unary call always has a deadline: this one unless something else is said, and never a later one than the longest. */
export const defaultTimeoutMs = 10_000;
const longestTimeoutMs = 3_600_000;

/** Options of a call, given through `withOptions`. */
export interface CallOptions {
  /** How long the caller waits, in ms. 0 or less has expired already; more than an hour counts as an hour. Defaults to the method's, then the client's, which is 10 000. Of a call that streams: how long it may take in all; defaults to the method's, then to no limit. */
  readonly timeoutMs?: number | undefined;
  /** Cancels the call. */
  readonly signal?: AbortSignal | undefined;
  /** Text beside the arguments: names of a-z, 0-9, "_", "." and "-"; at most 64 entries and 8 KiB. */
  readonly metadata?: Metadata | undefined;
  /** What an overloaded server gives up last ("critical") and first ("sheddable"). Defaults to that of the handler that calls, else to "normal". */
  readonly priority?: Priority | undefined;
  /**
   * Told of the answer, just before the call settles: once where a server answered, with a result or an error; not where
   * the call failed on this side. What it throws rejects a call that would have succeeded.
   */
  readonly onReply?: ((reply: Reply) => void) | undefined;
  /**
   * Where the call may go: the one endpoint, endpoints to leave out, or the key that a hashing balancer hashes. Defaults
   * to anywhere.
   */
  readonly route?: Pick<Route, "only" | "except" | "key"> | undefined;
  /**
   * What becomes of the call where an attempt fails. Defaults to what the method says, then `retry.failMode` of the client,
   * which is "failover". Says nothing where the client has `retry: false`.
   */
  readonly failMode?: FailMode | undefined;
  /**
   * Whether the call waits to its deadline while no instance is ready, instead of failing once none has been for 5 s. Defaults
   * to what the client says (`waitForReady` of `connect`), which is false.
   */
  readonly waitForReady?: boolean | undefined;
  /** Told once when the call has settled what it did: who there was to choose from, each attempt, what is left of the budget. */
  readonly explain?: ((explanation: Explanation) => void) | undefined;
}

const kinds = {
  timeoutMs: "any",
  signal: "any",
  metadata: "any",
  priority: ["critical", "normal", "sheddable"],
  onReply: "function",
  route: "object",
  failMode: failModes,
  waitForReady: "boolean",
  explain: "function",
} as const satisfies Record<keyof CallOptions, OptionKinds[string]>;

const routeKinds = { only: "string", except: "list", key: "string" } as const satisfies Record<
  "only" | "except" | "key",
  OptionKinds[string]
>;

/** Options as calls use them: checked, every field set. */
export interface CheckedOptions {
  /** −1: the method's or the client's. */
  readonly timeoutMs: number;
  /** −1: the method's, or none. Unlike `timeoutMs` it may be longer than an hour. */
  readonly streamTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly metadata: Metadata;
  /** undefined: that of the call whose handler makes this one, else "normal". */
  readonly priority: Priority | undefined;
  readonly onReply: ((reply: Reply) => void) | undefined;
  readonly route: Route | undefined;
  readonly explain: ((explanation: Explanation) => void) | undefined;
  /** Whether calls are oneway. */
  readonly oneway: boolean;
  /** The batch that calls belong to. */
  readonly batch: BatchCalls | undefined;
}

/** What a client asks of the batch whose calls it makes. */
export interface BatchCalls {
  /** No more calls are taken. */
  readonly built: boolean;
  until(clock: Clock): number;
  add(call: NestedCall, answer: Promise<unknown>): void;
}

export const noOptions: CheckedOptions = Object.freeze({
  timeoutMs: -1,
  streamTimeoutMs: -1,
  signal: undefined,
  metadata: noMetadata,
  priority: undefined,
  onReply: undefined,
  route: undefined,
  explain: undefined,
  oneway: false,
  batch: undefined,
});

/** Returns `options` over `before`. Throws a TypeError, or `invalid_argument` / `BAD_OPTION`, where one is unknown or of the wrong type. */
export function checkOptions(options: CallOptions, before: CheckedOptions): CheckedOptions {
  checkKinds("withOptions", options, kinds);
  const { timeoutMs, signal, metadata, priority, onReply, route, failMode, waitForReady, explain } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError("signal must be an AbortSignal");
  if (metadata !== undefined && (typeof metadata !== "object" || metadata === null || Array.isArray(metadata))) {
    throw new TypeError("metadata must be an object of strings");
  }
  return {
    timeoutMs: timeoutMs === undefined ? before.timeoutMs : checkTimeoutMs(timeoutMs),
    streamTimeoutMs: timeoutMs === undefined ? before.streamTimeoutMs : Math.max(0, timeoutMs),
    signal: signal ?? before.signal,
    // A copy: what the caller changes later must not change what is sent.
    metadata: metadata === undefined ? before.metadata : Object.freeze({ ...before.metadata, ...metadata }),
    priority: priority ?? before.priority,
    onReply: onReply ?? before.onReply,
    route: checkedRoute(route, { failMode, waitForReady }, before.route),
    explain: explain ?? before.explain,
    oneway: before.oneway,
    batch: before.batch,
  };
}

/** A copy, over what was said before: what the caller changes later must not change where calls go. */
function checkedRoute(
  route: Route | undefined,
  { failMode, waitForReady }: Pick<Route, "failMode" | "waitForReady">,
  before: Route | undefined,
): Route | undefined {
  if (route === undefined && failMode === undefined && waitForReady === undefined) return before;
  checkKinds("withOptions: route", route ?? {}, routeKinds);
  const except = route?.except;
  if (except !== undefined && !except.every((id) => typeof id === "string"))
    throw badOption("withOptions: route.except must be an array of endpoints' ids");
  return Object.freeze({
    ...before,
    ...route,
    ...(except && { except: Object.freeze([...except]) }),
    ...(failMode && { failMode }),
    ...(waitForReady !== undefined && { waitForReady }),
  });
}

/** Returns a span within its bounds. Throws a TypeError where it is no number. */
export function checkTimeoutMs(timeoutMs: number): number {
  if (typeof timeoutMs !== "number" || Number.isNaN(timeoutMs)) {
    throw new TypeError(`timeoutMs must be a number of milliseconds, not ${String(timeoutMs)}`);
  }
  return Math.min(Math.max(0, timeoutMs), longestTimeoutMs);
}
