import assert from "node:assert/strict";
import { inspect } from "node:util";

/** How long a change may take to be seen before a test fails, in ms. Far above what any adapter needs. */
const patienceMs = 20_000;

/** A watch as a test reads it. */
export interface Followed<T> {
  /** Resolves with the next value; fails if it equals the one before, if the watch ends, or if none comes in time. */
  next(): Promise<T>;
  /** Resolves with the first value, from the next on, for which `test` holds. */
  until(test: (value: T) => boolean): Promise<T>;
  /** Resolves when the watch ends; rejects if it throws, or yields once more first. */
  end(): Promise<void>;
  /** Ends the watch as `break` in a loop does. Not while a value is awaited. */
  leave(): Promise<void>;
}

/** Begins to read a watch. */
export function follow<T>(values: AsyncIterable<T>): Followed<T> {
  const iterator = values[Symbol.asyncIterator]();
  let last: T | undefined;

  const next = async (): Promise<T> => {
    const { done, value } = await inTime(iterator.next(), () => `no change seen after ${inspect(last)}`);
    assert.ok(!done, `the watch ended after ${inspect(last)}`);
    if (last !== undefined) assert.notDeepEqual(value, last, "the watch yielded the same value twice");
    last = value;
    return value;
  };

  return {
    next,
    until: async (test) => {
      for (;;) {
        const value = await next();
        if (test(value)) return value;
      }
    },
    end: async () => {
      const { done, value } = await inTime(iterator.next(), () => "the watch did not end");
      assert.ok(done, `instead of ending the watch yielded ${inspect(value)}`);
      assert.equal(value, undefined);
    },
    leave: async () => {
      await iterator.return?.();
    },
  };
}

/** Resolves as `promise` does, or rejects with `late()` if that takes longer than any adapter needs. */
async function inTime<T>(promise: Promise<T>, late: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${late()} (${patienceMs} ms)`)), patienceMs);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
