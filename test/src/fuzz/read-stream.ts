import { isDeepStrictEqual } from "node:util";
import { type Client, RpcError } from "@rpc/core";
import { flagBits, kinds } from "../wire/raw/numbers.js";
import type { Target } from "./attack-server.js";
import { itemOf, type streaming } from "./conversation.js";
import { valuesOf } from "./said.js";
import type { StreamEnd } from "./stream-end.js";

/** A call with streams of a fuzzed client, and what came of it. */
export interface ReadStream {
  readonly method: (typeof streaming)[number];
  /** Items of its result. */
  readonly read: unknown[];
  /** It has ended or failed. */
  over: boolean;
  error?: unknown;
}

/** Makes a call with streams and reads it to its end. Never rejects. */
export async function readStream(client: Client<Target>, stream: ReadStream): Promise<void> {
  async function* items(): AsyncGenerator<string> {
    for (let n = 0; n < 5; n++) yield itemOf(n);
  }
  try {
    if (stream.method === "sum") await client.sum(items());
    else
      for await (const item of stream.method === "flow" ? client.flow(5) : client.talk(items())) stream.read.push(item);
  } catch (error) {
    stream.error = error;
  }
  stream.over = true;
}

/** Whatever was said, each call has ended, and of no call's items one was read twice, out of its place, or of another call. */
export function judgeStreams(made: readonly ReadStream[], end: StreamEnd, legal: boolean): string[] {
  const broken: string[] = [];
  for (const { method, read, over, error } of made) {
    if (!over) broken.push(`the call to ${method} is not over`);
    if (error !== undefined && !(error instanceof RpcError)) broken.push(`${method} failed with ${String(error)}`);
    if (legal && error instanceof RpcError && error.reason !== "ASKED" && error.reason !== "NO_STREAMS")
      broken.push(`${method} failed with ${error.message}`);
    if (read.length > 0 && !end.said.some(({ id }) => isPrefix(read, itemsSaidOf(id, end))))
      broken.push(`${method} read ${JSON.stringify(read)}, which nobody said in this order`);
  }
  return broken;
}

/** The items said of a call's result, each with the values that its bytes may stand for; undefined where one came in parts. */
function itemsSaidOf(id: number, { said }: StreamEnd): readonly unknown[][] | undefined {
  const items = said.filter((frame) => frame.kind === kinds.item && frame.id === id && frame.target === 0);
  if (items.some(({ flags }) => (flags & flagBits.more) !== 0)) return undefined;
  return items.map(({ rest }) => valuesOf(rest));
}

function isPrefix(read: readonly unknown[], said: readonly unknown[][] | undefined): boolean {
  if (said === undefined) return true;
  return read.every((value, place) => said[place]?.some((possible) => isDeepStrictEqual(possible, value)) === true);
}
