import { onCut } from "../contract/on-cut.js";

/** Who hears how the run through items ended, and may say otherwise. */
export interface ItemsOwner {
  /** The last item was taken. Returns what is thrown all the same; undefined: the end. */
  onDone(): unknown;
  /** The source threw. Returns what the reader gets. */
  onFailed(thrown: unknown): unknown;
  /** The reader has left before the end. */
  onLeft(): void;
}

interface Waiting {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (thrown: unknown) => void;
}

type Result = IteratorResult<unknown, undefined>;

const none: Result = Object.freeze({ done: true, value: undefined });

/**
 * A run through somebody else's items that can be ended from outside, at once, whatever their source is doing: who waits
 * for an item is told, and the source's `return` is called. Asks its source for one item at a time, and only when asked.
 */
export class EndableItems implements AsyncIterableIterator<unknown, undefined, undefined> {
  readonly #owner: ItemsOwner;
  #source: AsyncIterator<unknown> | undefined;
  #ended = false;
  /** What the next reader gets in place of the end. */
  #failure: { readonly thrown: unknown } | undefined;
  #asking = false;
  #onCut: ((error: unknown) => void) | undefined;
  /** Who asked and was not answered, in order. */
  readonly #waiting: Waiting[] = [];
  readonly #onItem = (result: IteratorResult<unknown>): void => this.#take(result);
  readonly #onThrown = (thrown: unknown): void => this.#fail(thrown);

  constructor(owner: ItemsOwner) {
    this.#owner = owner;
  }

  /** Whether it is over, be it that its reader has not asked for the end yet. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Gives it its source: to be called once. Ends that at once where it is over already. */
  open(source: AsyncIterator<unknown>): void {
    this.#source = source;
    if (this.#ended) endSource(source);
    else if (this.#waiting.length > 0) this.#ask(source);
  }

  /** Ends it; `failure` holds what the next reader gets, where that is not the end. */
  end(failure?: { readonly thrown: unknown }): void {
    if (this.#ended) return;
    if (this.#source !== undefined) endSource(this.#source);
    this.#finish(failure);
    if (failure !== undefined) this.#onCut?.(failure.thrown);
  }

  [onCut](listener: (error: unknown) => void): void {
    this.#onCut = listener;
  }

  next(): Promise<Result> {
    if (this.#ended) {
      const failure = this.#failure;
      if (failure === undefined) return Promise.resolve(none);
      this.#failure = undefined;
      return Promise.reject(failure.thrown);
    }
    const result = new Promise<Result>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    if (this.#source !== undefined && !this.#asking) this.#ask(this.#source);
    return result;
  }

  return(): Promise<Result> {
    this.#leave();
    return Promise.resolve(none);
  }

  throw(reason?: unknown): Promise<Result> {
    this.#leave();
    return Promise.reject(reason);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leave();
  }

  #leave(): void {
    this.#failure = undefined;
    if (this.#ended) return;
    this.end();
    this.#owner.onLeft();
  }

  #ask(source: AsyncIterator<unknown>): void {
    this.#asking = true;
    let item: Promise<IteratorResult<unknown>>;
    try {
      item = Promise.resolve(source.next());
    } catch (thrown) {
      item = Promise.reject(thrown);
    }
    item.then(this.#onItem, this.#onThrown);
  }

  #take(result: IteratorResult<unknown>): void {
    this.#asking = false;
    if (this.#ended) return;
    if (result.done) {
      const instead = this.#owner.onDone();
      // Who is told may have ended it.
      if (!this.#ended) this.#finish(instead === undefined ? undefined : { thrown: instead });
      return;
    }
    this.#waiting.shift()!.resolve(result);
    if (this.#waiting.length > 0) this.#ask(this.#source!);
  }

  #fail(thrown: unknown): void {
    this.#asking = false;
    if (this.#ended) return;
    // What stands between may have thrown, and its own source be still at work.
    if (this.#source !== undefined) endSource(this.#source);
    const told = this.#owner.onFailed(thrown);
    if (!this.#ended) this.#finish({ thrown: told });
  }

  #finish(failure: { readonly thrown: unknown } | undefined): void {
    this.#ended = true;
    this.#source = undefined;
    const [first, ...others] = this.#waiting.splice(0);
    if (first === undefined) {
      this.#failure = failure;
      return;
    }
    if (failure === undefined) first.resolve(none);
    else first.reject(failure.thrown);
    for (const { resolve } of others) resolve(none);
  }
}

/** Tells a source that nobody reads on; what it throws then is nobody's any more. */
export function endSource(source: AsyncIterator<unknown>): void {
  try {
    const left: unknown = source.return?.();
    if (left instanceof Promise) left.catch(() => {});
  } catch {
    // Nobody is left to be told.
  }
}
