import type { Clock } from "../contract/clock.js";
import type { ConnectionLimits } from "../contract/limits.js";
import type { Logger } from "../contract/logger.js";
import type { StreamCounters } from "../stats/stream-counters.js";
import type { Outbox } from "../wire/outbox.js";

/** Room for messages in part that connections share. */
export interface Budget {
  begin(spender: Spender): void;
  spend(spender: Spender, bytes: number): void;
  end(spender: Spender): void;
}

/** A message in part, as the budget knows it. */
export interface Spender {
  heldBytes: number;
  over: boolean;
  evict(): void;
}

/** What streams need of the connection that they share. */
export interface Link {
  readonly clock: Clock;
  readonly limits: ConnectionLimits;
  readonly logger: Logger;
  readonly outbox: Outbox;
  readonly partials: Budget | undefined;
  readonly counters: { readonly streams: StreamCounters };
  readonly rates: { count(what: "frames that say nothing", now: number): number };
  /** When the bytes at hand were read, in ms on the clock. */
  readonly readAt: number;
  /** The bytes at hand, good until all of them were looked at; what is in another buffer is good for the moment only. */
  readonly chunk: Buffer | undefined;
}
