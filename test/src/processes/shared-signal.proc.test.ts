import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import test from "node:test";
import { bind, serve, withOptions } from "@rpc/core";
import { closedAtEnd } from "../wire/ground/at-end.js";
import { calling, ProbeService } from "../wire/ground/calling.js";
import { inMemory } from "../wire/ground/grounds.js";
import { heldBytes } from "../wire/ground/heap.js";

const MiB = 1_024 * 1_024;
const calls = process.env["RPC_LONG"] === undefined ? 100_000 : 1_000_000;
const atOnce = 500;

test(`${calls} calls over a connection that share one signal leave no listener and no memory, and warn of nothing`, async (t) => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  t.after(() => process.off("warning", onWarning));
  const ground = inMemory();
  const nothing = (): null => null;
  const handlers = { add: (a: number, b: number) => a + b, echo: (value: unknown) => value, nothing, hang: nothing };
  const { listen, transports } = ground;
  const server = await serve({ services: [bind(ProbeService, handlers)], listen, transports });
  closedAtEnd(t, server);
  const { signal } = new AbortController();
  const probe = withOptions(calling(t, ground, server.address).probe, { signal });
  let before = 0;
  for (let made = 0; made < calls; made += atOnce) {
    if (made === calls / 10) before = heldBytes();
    const some = Array.from({ length: atOnce }, () => probe.nothing());
    assert.equal(getEventListeners(signal, "abort").length, 1);
    await Promise.all(some);
    assert.equal(getEventListeners(signal, "abort").length, 0);
  }
  const grown = heldBytes() - before;
  assert.ok(grown < 2 * MiB, `${grown} bytes more are held`);
  assert.deepEqual(warnings, []);
});
