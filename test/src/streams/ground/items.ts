import assert from "node:assert/strict";
import { RpcError } from "@rpc/core";

/** Yields the numbers from 0 up to `end`, and notes in `log` how far it came and that it ended. */
export async function* numbers(end: number, log: { at?: number; left?: boolean } = {}): AsyncGenerator<number> {
  try {
    for (let n = 0; n < end; n++) {
      log.at = n;
      yield n;
    }
  } finally {
    log.left = true;
  }
}

/** Reads all items; resolves to these, and to what came in place of the end. */
export async function readAll(items: AsyncIterable<unknown>): Promise<{ items: unknown[]; thrown: unknown }> {
  const read: unknown[] = [];
  try {
    for await (const item of items) read.push(item);
    return { items: read, thrown: undefined };
  } catch (thrown) {
    return { items: read, thrown };
  }
}

/** Resolves to the error that ends a stream, and to the items before it. */
export async function failing(stream: AsyncIterable<unknown>): Promise<{ items: unknown[]; error: RpcError }> {
  const { items, thrown } = await readAll(stream);
  assert.ok(thrown instanceof RpcError, `no RpcError but ${String(thrown)} behind ${items.length} items`);
  return { items, error: thrown };
}

/** Something that is waited for: `told` resolves with what `tell` is given. */
export function notice<T = void>(): { told: Promise<T>; tell: (value: T) => void } {
  let tell: (value: T) => void = () => {};
  const told = new Promise<T>((resolve) => {
    tell = resolve;
  });
  return { told, tell };
}
