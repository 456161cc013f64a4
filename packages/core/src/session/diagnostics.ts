import { channel } from "node:diagnostics_channel";
import type { CodeName } from "../contract/code.js";
import type { Processed } from "../contract/errors.js";

/** Published on `rpc:client:call` when a call has settled. */
export interface ClientCallEvent {
  readonly path: string;
  /** "ok", or the error's code. */
  readonly code: CodeName | "ok";
  readonly reason: string | undefined;
  readonly processed: Processed;
  /** From the call to its settling, retries included, in ms. */
  readonly durationMs: number;
  readonly attempts: number;
  /** Address of the endpoint that answered last. */
  readonly endpoint: string | undefined;
}

/** Published on `rpc:server:call` when a handler has settled. */
export interface ServerCallEvent {
  readonly path: string;
  readonly code: CodeName | "ok";
  readonly reason: string | undefined;
  /** From the read to the answer, in ms. */
  readonly durationMs: number;
  /** Address of the caller. */
  readonly peer: string;
}

/** Published on `rpc:server:reject` when a request is answered without its handler having begun. */
export interface RejectEvent {
  readonly path: string;
  readonly code: CodeName;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;
  /** From the read to the rejection, in ms. */
  readonly waitedMs: number;
  /** Address of the caller. */
  readonly peer: string;
}

/** Published on `rpc:client:dial` when an attempt to connect has ended, the hello included. */
export interface DialEvent {
  readonly address: string;
  readonly durationMs: number;
  readonly code: CodeName | "ok";
  readonly reason: string | undefined;
}

/** Published on `rpc:server:refuse` when somebody is let in no further than the door. */
export interface RefuseEvent {
  /** Where the stream came from. */
  readonly address: string;
  readonly code: CodeName;
  readonly reason: string;
}

/** Published on `rpc:connection:suspect` when a peer falls silent that owes an answer, and when it is heard of again. */
export interface SuspectEvent {
  readonly address: string;
  readonly instance: string;
  readonly suspect: boolean;
}

/** Published on `rpc:connection:ready`, `rpc:connection:retired` and `rpc:connection:closed`. */
export interface ConnectionEvent {
  readonly role: "dialler" | "acceptor";
  readonly address: string;
  readonly instance: string;
  /** Why it closed; undefined for the others. */
  readonly reason: string | undefined;
}

/** The channels of `node:diagnostics_channel`. While nobody subscribes, an event costs one look at a boolean. */
export const diagnostics = {
  clientCall: channel("rpc:client:call"),
  serverCall: channel("rpc:server:call"),
  serverReject: channel("rpc:server:reject"),
  serverRefuse: channel("rpc:server:refuse"),
  clientDial: channel("rpc:client:dial"),
  connectionReady: channel("rpc:connection:ready"),
  connectionRetired: channel("rpc:connection:retired"),
  connectionSuspect: channel("rpc:connection:suspect"),
  connectionClosed: channel("rpc:connection:closed"),
} as const;
