/** A short digest of text of any length: two FNV-1a sums (Fowler, Noll, Vo), one of them over the places as well. */
export class Digest {
  #plain = 0x811c9dc5;
  #placed = 0x2545f491;

  add(text: string): void {
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      this.#plain = Math.imul(this.#plain ^ unit, 0x01000193);
      this.#placed = Math.imul(this.#placed ^ (unit + index), 0x01000193);
    }
  }

  /** 32 bits of it. */
  get word(): number {
    return this.#plain >>> 0;
  }

  toString(): string {
    return [this.#plain, this.#placed].map((sum) => (sum >>> 0).toString(16).padStart(8, "0")).join("");
  }
}

/** What happened in a run, in order. Keeps only a digest of it unless somebody listens. */
export class Trace {
  events = 0;
  readonly #digest = new Digest();
  readonly #onLine: ((line: string) => void) | undefined;

  constructor(onLine: ((line: string) => void) | undefined) {
    this.#onLine = onLine;
  }

  /** Equal for two runs in which the same happened at the same times in the same order. */
  get digest(): string {
    return this.#digest.toString();
  }

  add(atMs: number, what: string): void {
    this.events++;
    const line = `${atMs.toFixed(3)} ${what}`;
    this.#digest.add(line);
    this.#onLine?.(line);
  }
}
