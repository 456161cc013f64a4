import type { Duplex } from "node:stream";
import type { Head, Invoke, Newcomer, Peer, Rejection } from "../contract/call.js";
import type { Clock } from "../contract/clock.js";
import type { Codec } from "../contract/codec.js";
import type { RpcError } from "../contract/errors.js";
import type { Identity, PeerCertificate } from "../contract/identity.js";
import type { KeepAliveOptions } from "../contract/keep-alive.js";
import type { ConnectionLimits } from "../contract/limits.js";
import type { Logger } from "../contract/logger.js";
import type { Method } from "../contract/method.js";
import type { Address } from "../contract/registry.js";
import type { StartQueue } from "../overload/start-queue.js";
import type { BlockAlgorithm } from "../wire/block-algorithm.js";
import type { ErrorClasses } from "./error-classes.js";
import type { PartialBudget } from "./partial-budget.js";
import type { PeerLine } from "./peer-line.js";
import type { StreamBudget } from "./stream-budget.js";
import type { UnsentBudget } from "./unsent-budget.js";
import type { WhenFull } from "./when-full.js";

/** What a session asks of the process's own services. */
export interface Host {
  /** Returns the methods of a service, or undefined where there is none of that name. `wanted` is what the peer means to call. */
  open(service: string, wanted: readonly string[]): readonly Method[] | undefined;
  /** Returns a method's schema hash, 16 hex digits; undefined where none is known. Asked once for each connection. */
  hashOf(method: Method): string | undefined;
  /** Judges a request before it is decoded. */
  admit(head: Head): Rejection | undefined;
  /** Returns whom a peer's handlers are put down to when its connection is gone. */
  callerOf(peer: Peer): string;
  /** In front of the handlers of all connections. */
  readonly queue: StartQueue;
  readonly invoke: Invoke;
  /** Requests of one connection that may be without an answer, where that is fewer than `limits.inFlight`. Defaults to that. */
  readonly inFlight?: number | undefined;
}

/** Resolves to who a peer is, or to the error to refuse it with. */
export type Judge = (credentials: Uint8Array, peer: Newcomer) => Promise<Identity | RpcError>;

/** What a session tells its owner. */
export interface SessionListener {
  /** The hello was answered: calls may be sent. */
  onReady(session: { readonly peer: Peer }): void;
  /** No new calls, those under way go on. Not called where the session closes at once. */
  onRetired(): void;
  /** The peer is silent though it owes an answer, or was heard of again. */
  onSuspicion?(suspect: boolean): void;
  /** The stream is gone, and handlers of oneway calls still run. */
  onOrphaned?(): void;
  /** The end, once, whatever came before it. Every call has been settled. */
  onClosed(error: RpcError): void;
}

export interface SessionOptions {
  readonly role: "dialler" | "acceptor";
  readonly stream: Duplex;
  /** Whether the stream is done with what it was given once it says so, see `isDoneWhenWritten`. Defaults to false. */
  readonly reusesPages?: boolean;
  /** The other end's address, for messages and for `peer`. */
  readonly address: Address;
  readonly clock: Clock;
  readonly limits: ConnectionLimits;
  /** The preferred one first. */
  readonly codecs: readonly Codec[];
  /** Ways to compress, the preferred one first; none: nothing is compressed. */
  readonly compression: readonly BlockAlgorithm[];
  readonly cluster: string;
  readonly instance: string;
  readonly whenFull: WhenFull;
  readonly logger: Logger;
  /** Absent where this process serves nothing on the connection. */
  readonly host?: Host | undefined;
  /** Returns what carries calls of the peer's own services, interceptors and retries included. Asked once, when one is to be made. */
  readonly callPeer: (line: PeerLine) => Invoke;
  /** Dialler: what it proves itself with. Defaults to nothing. */
  readonly credentials?: Uint8Array | undefined;
  /** Acceptor: says who the peer is, or refuses it; never rejects. Where it is absent, everybody is welcome. */
  readonly judge?: Judge | undefined;
  /** Acceptor: the peer was refused before it said anything, and is to be told so. */
  readonly refusal?: RpcError | undefined;
  /** Acceptor: the certificate that the peer proved to own. */
  readonly certificate?: PeerCertificate | undefined;
  /** Acceptor: room for messages in part, over all connections. */
  readonly partials?: PartialBudget | undefined;
  /** Acceptor: room for what sockets have not taken, over all connections. */
  readonly unsent?: UnsentBudget | undefined;
  /** Streams of peers' calls that are open, over all connections. */
  readonly streamBudget?: StreamBudget | undefined;
  readonly keepAlive: Required<KeepAliveOptions>;
  /** Classes of errors that arrive as themselves. Defaults to none. */
  readonly errors?: ErrorClasses | undefined;
  readonly listener: SessionListener;
}
