import { onCut } from "../contract/on-cut.js";
import type { Inflow } from "./inflow.js";

/** What a reader has of a stream that the peer sends. Leaving it early ends it. */
export class StreamIterator implements AsyncIterableIterator<unknown> {
  readonly #inflow: Inflow;

  constructor(inflow: Inflow) {
    this.#inflow = inflow;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    return this.#inflow.next();
  }

  /** Wants no more: the peer is told at once. */
  return(value?: unknown): Promise<IteratorResult<unknown, undefined>> {
    this.#inflow.leave();
    return Promise.resolve({ value: value as undefined, done: true });
  }

  throw(error: unknown): Promise<IteratorResult<unknown, undefined>> {
    this.#inflow.leave();
    return Promise.reject(error);
  }

  [onCut](listener: (error: unknown) => void): void {
    this.#inflow.onCut = listener;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
