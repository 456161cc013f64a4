/** A message in parts, as the budget knows it. */
export interface Spender {
  /** Bytes held for what has arrived of it. */
  heldBytes: number;
  /** Whether it has ended, or was given up. */
  over: boolean;
  /** There is no room for all that were begun, and this one was begun last: lets go of it. */
  evict(): void;
}

/**
 * Bytes of messages received in part, over all connections of a server. Counts what arrived, not what was announced;
 * where it is too much, the message that was begun last is given up, so that those before it can end.
 */
export class PartialBudget {
  readonly #mostBytes: number;
  /** In the order in which they were begun. What is over leaves at once: it would keep its message alive. */
  readonly #begun = new Set<Spender>();
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  begin(spender: Spender): void {
    this.#begun.add(spender);
  }

  /** A message holds so many bytes more. Gives up those begun last until all fit; that may be this one. */
  spend(spender: Spender, bytes: number): void {
    spender.heldBytes += bytes;
    this.#bytes += bytes;
    while (this.#bytes > this.#mostBytes) {
      const newest = this.#newest();
      if (newest === undefined) return;
      newest.evict();
      this.end(newest);
    }
  }

  /** A message has ended, or was given up. */
  end(spender: Spender): void {
    if (spender.over) return;
    spender.over = true;
    this.#bytes -= spender.heldBytes;
    this.#begun.delete(spender);
  }

  #newest(): Spender | undefined {
    let newest: Spender | undefined;
    for (const spender of this.#begun) newest = spender;
    return newest;
  }
}
