/** How bytes get from one process to another. Each number holds for one direction. */
export interface NetworkConditions {
  /** How long a byte is under way at least, in ms. Defaults to 0.5. */
  readonly latencyMs?: number;
  /** What it may take longer by chance, in ms. Bytes of a connection never overtake each other. Defaults to 0.2. */
  readonly jitterMs?: number;
  /** Bytes a connection carries in one ms. Defaults to 100 000. */
  readonly bytesPerMs?: number;
  /** Share of the pieces, from 0 to 1, that are cut at a place chosen by chance. Defaults to 0.1. */
  readonly sliceChance?: number;
  /** Bytes the sending side's system holds for a connection; above it writes wait. Defaults to 65 536. */
  readonly sendBufferBytes?: number;
  /** Bytes under way or unread for a connection; above it the sending side's system waits. Defaults to 131 072. */
  readonly windowBytes?: number;
}

export const usualConditions: Required<NetworkConditions> = {
  latencyMs: 0.5,
  jitterMs: 0.2,
  bytesPerMs: 100_000,
  sliceChance: 0.1,
  sendBufferBytes: 65_536,
  windowBytes: 131_072,
};

/** The way from one process to another, shared by all their connections. */
export class Route {
  conditions: Required<NetworkConditions>;
  /** Nothing gets through: what is sent waits. */
  blocked = false;
  /** What goes on once the way is free again. */
  readonly #waiting = new Set<() => void>();

  constructor(conditions: Required<NetworkConditions>) {
    this.conditions = conditions;
  }

  /** Calls `goOn` once, when the way is free again. */
  whenFree(goOn: () => void): void {
    this.#waiting.add(goOn);
  }

  free(): void {
    if (!this.blocked) return;
    this.blocked = false;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const goOn of waiting) goOn();
  }
}
