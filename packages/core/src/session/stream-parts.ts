import type { Deadlines } from "../clock/deadlines.js";
import type { Codec } from "../contract/codec.js";
import type { Endings } from "../streams/endings.js";
import type { Streams } from "../streams/streams.js";
import type { RunningCall } from "./running-call.js";

/** What calls with streams share on a connection. */
export interface StreamParts {
  readonly streams: Streams;
  readonly endings: Endings;
  readonly deadlines: Deadlines;
  /** Tells the peer that it may send so many bytes more of a stream. */
  giveCredit(flags: number, target: number, id: number, bytes: number): void;
  /** Returns the codec of a call that the peer made. */
  codecOf(call: RunningCall): Codec;
  /** Counts anew how many streams are open. */
  countOpen(): void;
}
