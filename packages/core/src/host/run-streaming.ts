import { AsyncResource } from "node:async_hooks";
import type { Call } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import type { Handler, Method } from "../contract/method.js";
import { byteSource } from "../items/byte-source.js";
import { endSource } from "../items/endable-items.js";
import { isStream } from "../items/is-stream.js";
import { ItemsWithin } from "../items/items-within.js";
import { RunningCall } from "../session/running-call.js";

/**
 * Runs the handler of a method that streams its result. Resolves to what yields the items, whose source runs where the
 * handler did, within what interceptors made of the asynchronous context. Rejects with `internal` / `NO_STREAM_RETURNED`
 * where it returned no stream.
 */
export async function runStreaming(handler: Handler, call: Call, onEnd?: () => void): Promise<ItemsWithin> {
  const context = new AsyncResource("RpcResultStream");
  const output: unknown = await handler(...(call.input as never[]));
  if (!isStream(output)) throw noStream(call);
  return new ItemsWithin(byteSource(output) ?? output, (run) => context.runInAsyncScope(run), onEnd);
}

/**
 * As `runStreaming`, below interceptors: these may throw what they were given away, or make something of it that is left
 * before it has begun to read. It ends with its call, then, if not before.
 */
export async function runIntercepted(handler: Handler, call: Call): Promise<unknown> {
  if (!(call instanceof RunningCall)) return runStreaming(handler, call);
  const items = await runStreaming(handler, call, () => call.sources?.delete(items));
  if (call.settled) {
    endSource(items);
  } else {
    call.sources ??= new Set();
    call.sources.add(items);
  }
  return items;
}

/** Whether the result of a method is a stream. */
export function givesStream({ kind }: Method): boolean {
  return kind === "server" || kind === "duplex";
}

/** Returns the error of a call whose handler, or whose server's interceptor, answered otherwise than by a stream. */
export function noStream({ method }: Call): RpcError {
  const message = `the handler of ${method.path} returned no stream, and its method declares stream: "${method.kind}"`;
  return new RpcError("internal", message, { reason: "NO_STREAM_RETURNED" });
}
