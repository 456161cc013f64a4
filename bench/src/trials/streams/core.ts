import { setTimeout as delay } from "node:timers/promises";
import { bind, type Client, type Connector, connect, defineService, type Server, serve } from "@rpc/core";
import { handlers } from "../../subjects/subject.js";
import { chunkBytes, type Tick, tickOf, type Whose } from "./whose.js";

interface Feed {
  ticks(count: number): AsyncIterable<Tick>;
  chunks(totalBytes: number): AsyncIterable<Uint8Array>;
  slowTicks(): AsyncIterable<string>;
  echo(message: { a: number; b: number; name: string }): { sum: number; name: string };
}

const FeedService = defineService<Feed>("Feed", {
  ticks: { stream: "server" },
  chunks: { stream: "server" },
  slowTicks: { stream: "server" },
  echo: {},
});
const itemGapMs = 50;
const hundredBytes = "x".repeat(98);
let end: Server | Connector | undefined;

async function* ticks(count: number): AsyncIterable<Tick> {
  for (let number = 0; number < count; number++) yield tickOf(number);
}

async function* chunks(totalBytes: number): AsyncIterable<Uint8Array> {
  const chunk = Buffer.alloc(chunkBytes, 7);
  for (let left = totalBytes; left > 0; left -= chunkBytes) yield left < chunkBytes ? chunk.subarray(0, left) : chunk;
}

/** Streams begin at any point of the gap, as those of a thousand users do. */
async function* slowTicks(): AsyncIterable<string> {
  await delay(Math.random() * itemGapMs);
  for (;;) {
    yield hundredBytes;
    await delay(itemGapMs);
  }
}

/** Ours: every stream shares the one connection with the others, and with calls. */
export const coreStreams: Whose = {
  async serve() {
    const handlersOfFeed = { ticks, chunks, slowTicks, echo: handlers.echo };
    const server = await serve({ services: [bind(FeedService, handlersOfFeed as never)] });
    end = server;
    return server.address;
  },

  async connect(address) {
    const connector = connect({ address });
    end = connector;
    const feed: Client<Feed> = connector.client(FeedService);
    return {
      async items(count) {
        let sum = 0;
        for await (const { at } of feed.ticks(count)) sum += at;
        return sum;
      },
      async bytes(totalBytes, taken) {
        let seen = 0;
        for await (const chunk of feed.chunks(totalBytes)) {
          seen += chunk.length;
          await taken?.(chunk.length);
        }
        return seen;
      },
      async slowItems(signal) {
        for await (const _ of feed.slowTicks()) if (signal.aborted) return;
      },
      echo: (message) => feed.echo(message),
    };
  },

  heldBytes: () => end?.stats().total.streams.heldBytes ?? 0,
};
