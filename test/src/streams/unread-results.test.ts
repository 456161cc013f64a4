import assert from "node:assert/strict";
import test from "node:test";
import { bind, connect, defineService, serve } from "@rpc/core";
import { closedAtEnd } from "../wire/ground/at-end.js";
import { inMemory } from "../wire/ground/grounds.js";
import { until } from "../wire/ground/until.js";
import { readAll } from "./ground/items.js";

const ShortService = defineService<{ list(count: number): AsyncIterable<string> }>("Short", {
  list: { stream: "server" },
});

test("results that have ended count as held until they were read or left, so that stats show what is forgotten", async (t) => {
  const { listen, transports } = inMemory();
  const short = bind(ShortService, {
    async *list(count) {
      for (let n = 0; n < count; n++) yield "x".repeat(40);
    },
  });
  const server = await serve({ services: [short], listen, transports });
  closedAtEnd(t, server);
  const connector = connect({ address: server.address, transports });
  closedAtEnd(t, connector);
  const client = connector.client(ShortService);
  const held = (): number => connector.stats().total.streams.heldBytes;
  const results = [client.list(10), client.list(10)] as const;
  await until(
    "all have ended",
    () => connector.stats().total.streams.opened === 2 && connector.stats().total.streams.open === 0,
  );
  const each = 10 * (12 + 2 + 40);
  await until("all is there", () => held() === 2 * each);
  await results[0].next();
  assert.equal(held(), 2 * each - each / 10);
  assert.equal((await readAll(results[0])).items.length, 9);
  assert.equal(held(), each);
  await results[1].return();
  assert.equal(held(), 0);
});
