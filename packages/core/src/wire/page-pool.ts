/**
 * A page for connections that say little, one for an item that waits, as long as a frame or somewhat longer, and one for
 * connections that say much: a whole frame fits into it twice.
 */
export const smallPageBytes = 8_192;
export const itemPageBytes = 65_536 + 1_024;
export const largePageBytes = 131_072 + 4_096;

const keptSmall = 256;
const keptOfItems = 32;
const keptLarge = 32;
/** A page is lent for an item that fills at least this share of it. */
const leastShare = 0.48;

/**
 * Pages that outboxes write into, lent for as long as something is in them: an idle connection holds none. Shared by
 * all connections of a process.
 */
export class PagePool {
  readonly #small: Buffer[] = [];
  readonly #ofItems: Buffer[] = [];
  readonly #large: Buffer[] = [];

  /** Returns a page of at least `size` bytes. */
  take(size: number): Buffer {
    if (size <= smallPageBytes) return this.#small.pop() ?? Buffer.allocUnsafeSlow(smallPageBytes);
    if (size <= largePageBytes) return this.#large.pop() ?? Buffer.allocUnsafeSlow(largePageBytes);
    return Buffer.allocUnsafeSlow(size);
  }

  /** Returns a page that an item of `size` bytes may wait in and fills to about half at least; undefined where there is none such. */
  takeForItem(size: number): Buffer | undefined {
    if (size > largePageBytes) return undefined;
    if (size > itemPageBytes) return this.take(size);
    if (size < itemPageBytes * leastShare) return undefined;
    return this.#ofItems.pop() ?? Buffer.allocUnsafeSlow(itemPageBytes);
  }

  /** Takes a page back that nobody reads any more. */
  give(page: Buffer): void {
    if (page.length === smallPageBytes && this.#small.length < keptSmall) this.#small.push(page);
    else if (page.length === itemPageBytes && this.#ofItems.length < keptOfItems) this.#ofItems.push(page);
    else if (page.length === largePageBytes && this.#large.length < keptLarge) this.#large.push(page);
  }
}

/** The pool of this process. */
export const pages = new PagePool();
