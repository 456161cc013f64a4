/** What happens to the bytes of one direction of a connection. What is left out does not happen. */
export interface Weather {
  /** How much later each byte arrives, in ms. */
  readonly latencyMs?: number;
  /** How many bytes get through in a second. */
  readonly bytesPerSecond?: number;
  /** The most bytes that arrive at once; each part in a turn of its own. */
  readonly sliceBytes?: number;
  /** Changes bytes in place; `offset` is the first one's place in the direction's stream. */
  readonly alter?: (bytes: Buffer, offset: number) => void;
  /** What happens once so many bytes have arrived: nothing arrives after them. */
  readonly accident?: Accident;
}

/** `reset`: both ends see a reset. `end`: this direction ends, the other one goes on. `stall`: nothing passes any more this way, and nobody is told. */
export interface Accident {
  readonly afterBytes: number;
  readonly what: "reset" | "end" | "stall";
}

/** What happens to a connection. `up` is what the client sends. */
export interface Script {
  readonly up?: Weather;
  readonly down?: Weather;
}

export type Direction = "up" | "down";
