import type { CodeName } from "./code.js";
import type { Processed, RpcError } from "./errors.js";
import type { ExplainedCandidate } from "./explanation.js";
import type { FailMode } from "./fail-mode.js";
import type { Identity, PeerCertificate } from "./identity.js";
import type { Method } from "./method.js";
import type { Endpoint } from "./registry.js";

/** Text beside a call's arguments: at most 64 entries and 8 KiB, names in lower case ASCII. */
export type Metadata = Readonly<Record<string, string>>;

/** The metadata of a call that has none: one frozen object, so that the common call allocates nothing for it. */
export const noMetadata: Metadata = Object.freeze(Object.create(null) as Record<string, string>);

/** What an overloaded server gives up last and first. */
export type Priority = "critical" | "normal" | "sheddable";

/** Where a call may go. Balancers honour it. */
export interface Route {
  /** The one endpoint to use, by its id. */
  readonly only?: string | undefined;
  /** Endpoints to leave out, by their ids, while others are there. */
  readonly except?: readonly string[] | undefined;
  /** What a hashing balancer hashes. */
  readonly key?: string | undefined;
  /** What becomes of the call where an attempt fails, in place of what its method or its client says. */
  readonly failMode?: FailMode | undefined;
  /** Whether it waits to its deadline while no instance is ready, in place of what its client says. */
  readonly waitForReady?: boolean | undefined;
  /** Notes what the call does, for its caller. Set by `explain` of `withOptions`. */
  readonly trace?: Trace | undefined;
}

/** Who is told of each attempt of a call. */
export interface Trace {
  /** An attempt begins. Returns who is told its outcome in place of `receiver`. */
  attempt(
    call: Call,
    receiver: Receiver,
    candidates: readonly ExplainedCandidate[],
    failMode: FailMode,
    budgetLeft: () => number | undefined,
  ): Receiver;
}

/** Who has dialled and said hello, and is not let in yet. */
export interface Newcomer {
  /** The other end's address, e.g. `tcp://127.0.0.1:50312`; empty for a call within the process. */
  readonly address: string;
  /** The id the other process gave itself in its hello. */
  readonly instance: string;
  /** Server: the certificate that the peer showed; undefined where its transport asks for none. */
  readonly certificate?: PeerCertificate | undefined;
}

/**
 * The other end of a connection: who called, in a handler's eyes, and whom a server may call back. It is this one
 * connection: whoever loses it and dials again is another peer, known by its `identity` or `instance`.
 */
export interface Peer extends Newcomer {
  /** Server: who the peer has proved to be, as `authenticate` said; undefined where nobody was asked. */
  readonly identity: Identity | undefined;
  /** Whether it takes new calls: false before it was let in, and once either end has begun to close the connection. */
  readonly ready: boolean;
  /** Resolves when the connection has ended, whatever way. */
  readonly closed: Promise<void>;
  /**
   * Calls the services that the peer offers, on this connection and nowhere else: `createClient(Ticks, peer.invoke)`.
   * Rejects with `unimplemented` / `NO_SERVICE` where the peer offers none of that name.
   */
  readonly invoke: Invoke;
}

/** What is known of an answer beside its value or error, as `onReply` is told. */
export interface Reply {
  /** What the server's handler or interceptors set as `replyMetadata`; empty where they set none. */
  readonly metadata: Metadata;
  /** Who answered; undefined for a call within the process. */
  readonly endpoint: Endpoint | undefined;
  /** How many attempts it took, from 1. */
  readonly attempts: number;
}

/** Who has a call right now: a queue, a connection, a dispatcher. */
export interface Carrier {
  /** The caller has gone: lets go of the call, rejecting what it promised with `error`, and tells whether the handler may have run. */
  giveUp(error: RpcError, call: Call): Processed;
}

/** Who is told the outcome of an attempt, once, where a promise would tell it later and cost more. */
export interface Receiver {
  succeed(output: unknown): void;
  fail(error: unknown): void;
}

/** Who counts the calls of a client. */
export interface Account {
  /** Calls that have an outcome. */
  settled: number;
  /** Attempts beyond the first. */
  retries: number;
  /** A call has failed, and is settled by that. */
  fail(failure: { readonly code: CodeName; readonly reason: string }): void;
}

/** A call made while another runs. */
export interface NestedCall {
  /** The call it was made for has ended before its time, for this reason. */
  abandon(reason: RpcError): void;
}

/** One call, on the client's side or on the server's. Made in one place on each; every field is always set. */
export interface Call {
  readonly method: Method;
  /** When it was made or read, in ms on `performance.now()`'s clock. */
  readonly startedAt: number;
  /** The argument list. */
  input: readonly unknown[];
  metadata: Metadata;
  /** When the call has expired, in ms on `performance.now()`'s clock. */
  deadline: number;
  /** Client: the signal the caller gave, if one. Server: aborts on cancel, deadline, lost connection and drain timeout; made when first read. */
  readonly signal: AbortSignal | undefined;
  priority: Priority;
  /** From 1; an interceptor that tries again counts it up. */
  attempt: number;
  /** Nobody waits for an answer, and none is sent: the caller hears when the call was written, or queued to be. */
  readonly oneway: boolean;
  route: Route | undefined;
  /** Server: who called. Client: undefined. */
  readonly peer: Peer | undefined;
  /**
   * Text beside the answer, be it a result or an error: at most 64 entries and 8 KiB. Server: set it, whole, before the
   * handler or the interceptor settles. Client: what came with the last answer; `noMetadata` until then.
   */
  replyMetadata: Metadata;
  /** Client: where the last attempt went. Server: undefined. */
  endpoint: Endpoint | undefined;
  /** Whether the method may run twice, as its server declared: known once the call was given to a connection. */
  idempotent: boolean;
  /** Made inside a handler that is itself a retry: only what certainly never ran is tried again. */
  readonly cautious: boolean;
  /** What earlier attempts left behind: "no" while it is certain that no handler ran. */
  processed: Processed;
  /** Set by who holds the call, so that a caller who gives up is heard at once. */
  carrier: Carrier | undefined;
  /** What its carrier knows it by; written by the carrier alone. */
  carriedAs: number;
  /** Why nobody waits for its answer any more; undefined while somebody does. */
  abandoned: RpcError | undefined;
  /** Whether it is over: its caller has its answer, or its handler has settled. */
  settled: boolean;
  /** Calls that its handler made and that have not settled: they are abandoned with it. */
  nested: Set<NestedCall> | undefined;
  /** Client, oneway: called when a bounded queue has taken it, before it is written. */
  onAccepted?(): void;
  /** Client, of calls that stream: called when its carrier has given up one that was idle for too long, and that nobody reads. */
  onForgotten?(error: RpcError): void;
  /** Client: counts its outcome; set by the connector that it goes through. */
  account: Account | undefined;
  /** Client: whether an item of its streams was read or delivered, so that it cannot be made again. Absent from calls without streams. */
  begun?: boolean;
  /** Server: aborts when the server begins to shut down, for handlers of streams that would not end by themselves; made when first read. */
  readonly draining?: AbortSignal;
}

/** Carries a call and settles with its answer: the one function type of the framework. Clients, channels, connections and dispatchers each are one. */
export type Invoke = (call: Call) => Promise<unknown>;

/** Turns one `Invoke` into another. Composed once, at start; the first of a list is the outermost. */
export type Interceptor = (next: Invoke) => Invoke;

/** What is known of a request before its arguments are decoded. */
export interface Head {
  readonly method: Method;
  readonly peer: Peer;
  readonly metadata: Metadata;
  readonly priority: Priority;
  /** In ms on `performance.now()`'s clock. */
  readonly deadline: number;
  /** Of the encoded arguments. */
  readonly sizeBytes: number;
  /** Later: why nobody waits for its answer any more; undefined while somebody does. */
  readonly abandoned: RpcError | undefined;
  /** Later: whether it is over, because its handler has settled or because it was never begun. */
  readonly settled: boolean;
}

/** Why a request was not let in. Its error says `processed: "no"`, since the handler was never reached. */
export type Rejection = RpcError;

/** Judges a request before its arguments are decoded: limits, rates, authorisation. Synchronous, and as cheap as can be. */
export type Admission = (head: Head) => Rejection | undefined;
