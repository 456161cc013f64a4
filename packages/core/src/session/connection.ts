import type { Peer } from "../contract/call.js";
import type { Clock } from "../contract/clock.js";
import type { Codec } from "../contract/codec.js";
import type { ConnectionLimits } from "../contract/limits.js";
import type { Logger } from "../contract/logger.js";
import type { ConnectionCounters } from "../stats/connection-counters.js";
import type { PeerLimits } from "../wire/hello.js";
import type { Outbox } from "../wire/outbox.js";
import type { ErrorClasses } from "./error-classes.js";
import type { PartialBudget } from "./partial-budget.js";
import type { Rates } from "./rates.js";
import type { StreamBudget } from "./stream-budget.js";

/** What the calls we make and the calls we run share of one connection. */
export interface Connection {
  readonly clock: Clock;
  readonly limits: ConnectionLimits;
  readonly logger: Logger;
  readonly outbox: Outbox;
  readonly rates: Rates;
  /** Room for messages in part that other connections share. */
  readonly partials: PartialBudget | undefined;
  /** Streams that other connections share a bound with. */
  readonly streamBudget: StreamBudget | undefined;
  readonly peer: Peer;
  readonly counters: ConnectionCounters;
  /** Set in the flags of frames about ids we gave out, and about those the peer did. */
  readonly ownFlag: number;
  readonly peerFlag: number;
  /** What the peer takes; known once it said hello. */
  readonly peerLimits: PeerLimits;
  /** The codec of bodies whose frame names none. */
  readonly codec: Codec;
  /** Returns a codec by its id. */
  codecById(id: number): Codec | undefined;
  /** Bits of `Feature`: what both sides can do; known once the peer said hello. */
  readonly features: number;
  /** The classes of errors that this process was told of. */
  readonly errors: ErrorClasses;
  /** By the paths of methods: what breaks between the peer's contract and ours. Undefined while nothing is known to. */
  readonly contractNotes: ReadonlyMap<string, string> | undefined;
  /** When the bytes at hand were read, in ms on the clock. */
  readonly readAt: number;
  /** When they had arrived at the earliest: they may have waited in the kernel while this process did something else. */
  readonly arrivedAt: number;
  /** The bytes at hand, good until all of them were looked at; undefined where none are. What is in another buffer is good for the moment only. */
  readonly chunk: Buffer | undefined;
}
