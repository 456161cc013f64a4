/** A page for connections that say little, and one for those that say much: a whole frame fits into it twice. */
export const smallPageBytes = 8_192;
export const largePageBytes = 131_072 + 4_096;

const keptSmall = 256;
const keptLarge = 32;

/**
 * Pages that outboxes write into, lent for as long as something is in them: an idle connection holds none. Shared by
 * all connections of a process.
 */
export class PagePool {
  readonly #small: Buffer[] = [];
  readonly #large: Buffer[] = [];

  /** Returns a page of at least `size` bytes. */
  take(size: number): Buffer {
    if (size <= smallPageBytes) return this.#small.pop() ?? Buffer.allocUnsafeSlow(smallPageBytes);
    if (size <= largePageBytes) return this.#large.pop() ?? Buffer.allocUnsafeSlow(largePageBytes);
    return Buffer.allocUnsafeSlow(size);
  }

  /** Takes a page back that nobody reads any more. */
  give(page: Buffer): void {
    if (page.length === smallPageBytes && this.#small.length < keptSmall) this.#small.push(page);
    else if (page.length === largePageBytes && this.#large.length < keptLarge) this.#large.push(page);
  }
}

/** The pool of this process. */
export const pages = new PagePool();
