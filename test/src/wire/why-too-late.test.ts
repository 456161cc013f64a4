import assert from "node:assert/strict";
import test from "node:test";
import { connect, withOptions } from "@rpc/core";
import { atEnd } from "./ground/at-end.js";
import { ProbeService } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { inMemory } from "./ground/grounds.js";
import { listing } from "./ground/listing.js";
import { raw } from "./raw/raw.js";

for (const [what, addresses, message] of [
  [
    "that is registered nowhere",
    [],
    /^\/Probe\/add had no answer within 60 ms: no instance of Probe is registered: is it running, and does it use the same registry\?$/,
  ],
  [
    "whose one instance does not listen",
    ["memory://nobody"],
    /^\/Probe\/add had no answer within 60 ms: Probe at memory:\/\/nobody is not reachable: /,
  ],
] as const) {
  test(`a call of a service ${what}, with less time than a client has patience, says why nobody was there`, async (t) => {
    const ground = inMemory();
    const list = listing();
    list.set(...addresses);
    const connector = connect({
      registry: list.registry,
      balancer:
        () =>
        ([first]) =>
        () =>
          first!,
      transports: ground.transports,
    });
    atEnd(t, () => connector.close());
    const error = await failed(withOptions(connector.client(ProbeService), { timeoutMs: 60 }).add(1, 2));
    assert.deepEqual([error.code, error.processed], ["deadline_exceeded", "no"]);
    assert.match(error.message, message);
  });
}

test("a call whose server has not said hello in time says so", async (t) => {
  const ground = inMemory();
  const server = await raw.server(t, ground.listen, ground.transport);
  const connector = connect({ address: server.address, transports: ground.transports });
  atEnd(t, () => connector.close());
  const error = await failed(withOptions(connector.client(ProbeService), { timeoutMs: 60 }).add(1, 2));
  assert.match(
    error.message,
    /had no answer within 60 ms: Probe at memory:\/\/\S+ is not reachable: it has not answered yet$/,
  );
});

test("a call that was cancelled is told no more than that", async (t) => {
  const ground = inMemory();
  const server = await raw.server(t, ground.listen, ground.transport);
  const connector = connect({ address: server.address, transports: ground.transports });
  atEnd(t, () => connector.close());
  const controller = new AbortController();
  const call = failed(withOptions(connector.client(ProbeService), { signal: controller.signal }).add(1, 2));
  controller.abort();
  assert.equal((await call).message, "/Probe/add was cancelled by its caller");
});
