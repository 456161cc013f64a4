import type { Clock } from "../contract/clock.js";
import { Chain, type Link } from "../overload/chain.js";

/** So long the slowness of a message cannot be told from its youth, in ms. */
const youngMs = 1_000;
/** To give up who holds less than this share of what all hold on average would make no room. */
const noticeable = 1 / 16;

/** How often all of them are looked through in vain at most, in ms: there may be hundreds of thousands. */
const lookMs = 50;
/** A look goes on until so much of all room is taken, so that the next one is some messages away. */
const roomy = 7 / 8;

/** A message in parts, as the budget knows it. */
export interface Spender {
  /** Bytes held for what has arrived of it. */
  heldBytes: number;
  /** Whether it has ended, or was given up. */
  over: boolean;
  /** There is no room for all that were begun, and this one has to give way: lets go of it. */
  evict(): void;
}

interface Begun {
  readonly spender: Spender;
  readonly begunAt: number;
}

/**
 * Bytes of messages received in part, over all connections of a server. Counts what arrived, not what was announced.
 * Where it is too much, those are given up first that came slowest over their lives, of a second at least and with
 * something to show for it, so that who drips the parts of his messages cannot keep others out; where none is that old,
 * the one that was begun last, so that those before it can end.
 */
export class PartialBudget {
  readonly #mostBytes: number;
  readonly #clock: Clock;
  /** When they were begun, in that order. What is over leaves at once: it would keep its message alive. */
  readonly #begun = new Chain<Begun>();
  readonly #places = new Map<Spender, Link<Begun>>();
  #bytes = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Whether the last look left slow ones over. */
  #slowLeft = false;

  constructor(mostBytes: number, clock: Clock) {
    this.#mostBytes = mostBytes;
    this.#clock = clock;
  }

  /** Bytes held by now. */
  get bytes(): number {
    return this.#bytes;
  }

  begin(spender: Spender): void {
    this.#places.set(spender, this.#begun.append({ spender, begunAt: this.#clock.now() }));
  }

  /** A message holds so many bytes more. Gives up others until all fit; that may be this one. */
  spend(spender: Spender, bytes: number): void {
    spender.heldBytes += bytes;
    this.#bytes += bytes;
    if (this.#bytes > this.#mostBytes) this.#giveUp();
  }

  /** A message has ended, or was given up. */
  end(spender: Spender): void {
    if (spender.over) return;
    spender.over = true;
    this.#bytes -= spender.heldBytes;
    this.#begun.remove(this.#places.get(spender)!);
    this.#places.delete(spender);
  }

  #giveUp(): void {
    const now = this.#clock.now();
    if (this.#slowLeft || now - this.#lookedAt >= lookMs) {
      this.#lookedAt = now;
      this.#giveUpSlow(now);
    }
    while (this.#bytes > this.#mostBytes && this.#begun.last !== undefined) this.#evict(this.#begun.last.item.spender);
  }

  #giveUpSlow(now: number): void {
    for (const slow of this.#slowest(now)) {
      this.#slowLeft = this.#bytes <= this.#mostBytes * roomy;
      if (this.#slowLeft) return;
      this.#evict(slow);
    }
    this.#slowLeft = false;
  }

  #evict(spender: Spender): void {
    if (spender.over) return;
    spender.evict();
    this.end(spender);
  }

  #slowest(now: number): readonly Spender[] {
    const least = (this.#bytes / this.#begun.size) * noticeable;
    const slowest: { readonly spender: Spender; readonly bytesPerMs: number }[] = [];
    for (let link = this.#begun.first; link !== undefined; link = link.after) {
      const { spender, begunAt } = link.item;
      if (now - begunAt < youngMs) break;
      if (spender.heldBytes >= least) slowest.push({ spender, bytesPerMs: spender.heldBytes / (now - begunAt) });
    }
    return slowest.sort((one, other) => one.bytesPerMs - other.bytesPerMs).map(({ spender }) => spender);
  }
}
