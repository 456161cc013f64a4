import { setTimeout as pause } from "node:timers/promises";
import { bind, connect, defineService, RpcError, serve, withOptions } from "@rpc/core";

interface Words {
  list(count: number): AsyncIterable<string>;
  count(words: AsyncIterable<string>): Promise<number>;
  shout(words: AsyncIterable<string>): AsyncIterable<string>;
}

const WordsService = defineService<Words>("Words", {
  list: { stream: "server" }, // its result
  count: { stream: "client" }, // arguments
  shout: { stream: "duplex" }, // both
});

const words = bind(WordsService, {
  async *list(count) {
    for (let n = 1; n <= count; n++) yield `word ${n}`;
    throw new RpcError("out_of_range", `there are ${count} words`);
  },
  async count(all) {
    let count = 0;
    for await (const _ of all) count++;
    return count;
  },
  async *shout(all) {
    for await (const word of all) yield word.toUpperCase();
  },
});

const server = await serve({ services: [words], listen: "tcp://127.0.0.1:0" });
const connector = connect({ address: server.address });
const client = connector.client(WordsService);

async function* slowly(...all: string[]): AsyncIterable<string> {
  for (const word of all) {
    await pause(10);
    yield word;
  }
}

// An error comes behind the items that were before it.
try {
  for await (const word of client.list(2)) console.log(word);
} catch (error) {
  if (error instanceof RpcError) console.log(error.code, error.message);
}

// Leaving the loop ends the generator on the server.
for await (const word of client.list(1_000_000)) {
  console.log(word);
  break;
}

console.log(await client.count(slowly("a", "b", "c")));

// Each word is answered as it comes.
for await (const word of client.shout(slowly("one", "two"))) console.log(word);

// There is no deadline but one that you set.
try {
  const late = withOptions(client, { timeoutMs: 50 }).shout(slowly(...Array(100).fill("late")));
  while (!(await late.next()).done);
} catch (error) {
  if (error instanceof RpcError) console.log(error.code);
}

await connector.close();
await server.close();
