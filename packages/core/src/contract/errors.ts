import type { CodeName } from "./code.js";

/** Whether the handler ran. "no" is a promise, never a guess; "maybe": written, and no final frame came. */
export type Processed = "no" | "maybe" | "yes";

export interface RpcErrorOptions {
  /** The exact sub-code, in upper snake case, e.g. `QUEUE_FULL`. Defaults to the code's name in upper case. */
  reason?: string;
  /** Whether the handler ran. Defaults to "yes": who throws inside a handler has run it. */
  processed?: Processed;
  /** How long the peer asks to be left alone, in ms. Defaults to undefined: nothing was asked. */
  retryAfterMs?: number | undefined;
  /** What the handler wants its caller to know, as codec data of at most 8 KiB. */
  details?: unknown;
  /** Address of the endpoint that failed. */
  endpoint?: string | undefined;
  /** How many attempts were made. Defaults to 1. */
  attempts?: number;
  /** Where the error arose. Defaults to "local". */
  origin?: "local" | "peer";
  /** What caused it, in this process; never crosses the wire. */
  cause?: unknown;
}

/** The one error of a remote call. A handler may throw it, or a subclass, to choose what its caller sees. */
export class RpcError extends Error {
  /** Of a subclass: its errors' reason where their options name none, and what it is known by in the option `errors`. */
  static readonly reason?: string;
  readonly code: CodeName;
  readonly reason: string;
  processed: Processed;
  readonly retryAfterMs: number | undefined;
  readonly details: unknown;
  endpoint: string | undefined;
  attempts: number;
  readonly origin: "local" | "peer";

  constructor(code: CodeName, message: string, options: RpcErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.reason = options.reason ?? new.target.reason ?? code.toUpperCase();
    this.processed = options.processed ?? "yes";
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details;
    this.endpoint = options.endpoint;
    this.attempts = options.attempts ?? 1;
    this.origin = options.origin ?? "local";
  }

  static {
    RpcError.prototype.name = "RpcError";
  }
}
