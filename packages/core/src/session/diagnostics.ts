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

/** Published on `rpc:connection:ready` and `rpc:connection:closed`. */
export interface ConnectionEvent {
  readonly role: "dialler" | "acceptor";
  readonly address: string;
  readonly instance: string;
  /** Why it closed; undefined for `ready`. */
  readonly reason: string | undefined;
}

/** The channels of `node:diagnostics_channel`. While nobody subscribes, an event costs one look at a boolean. */
export const diagnostics = {
  clientCall: channel("rpc:client:call"),
  serverCall: channel("rpc:server:call"),
  connectionReady: channel("rpc:connection:ready"),
  connectionClosed: channel("rpc:connection:closed"),
} as const;
