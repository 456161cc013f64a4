import assert from "node:assert/strict";
import test from "node:test";
import { bind, connect, currentCall, defineService, type Registry, serve, type Transport } from "@rpc/core";
import { atEnd } from "./ground/at-end.js";
import { inMemory } from "./ground/grounds.js";
import { listing } from "./ground/listing.js";
import { keepingLog } from "./ground/log.js";
import { until } from "./ground/until.js";

interface Outer {
  ask(): string;
}

interface Inner {
  answer(): string;
}

const OuterService = defineService<Outer>("Outer", { ask: {} });
const InnerService = defineService<Inner>("Inner", { answer: {} });

/** The path of the call whose handler is running here, or none. */
function callHere(): string {
  try {
    return currentCall().method.path;
  } catch {
    return "none";
  }
}

test("what a handler's first call sets going, dials, watches, logs and sockets, does not belong to that handler's call", async (t) => {
  const ground = inMemory();
  const seen = new Map<string, Set<string>>();
  const note = (where: string): void => {
    const paths = seen.get(where) ?? new Set();
    seen.set(where, paths.add(callHere()));
  };
  const transport: Transport = {
    async connect(address, signal) {
      note("connect");
      const stream = await ground.transport.connect(address, signal);
      note("connected");
      stream.prependListener("data", () => note("data"));
      stream.prependListener("close", () => note("close"));
      return stream;
    },
    listen: ground.transport.listen.bind(ground.transport),
  };
  const list = listing();
  const registry: Registry = {
    ...list.registry,
    async *watch(service, signal) {
      note("watch");
      for await (const endpoints of list.registry.watch(service, signal)) {
        note("listed");
        yield endpoints;
      }
      note("unwatched");
    },
  };
  const log = keepingLog();
  const noting = { ...log, warn: () => note("logged") };
  const settings = { transports: { memory: transport } };
  const inner = await serve({
    ...settings,
    services: [bind(InnerService, { answer: () => "inner" })],
    listen: ground.listen,
  });
  list.set(inner.address);
  const first = () => (ready: readonly unknown[]) => {
    note("balancer");
    return () => ready[0] as never;
  };
  const within = connect({ ...settings, registry, balancer: first, logger: noting });
  const ask = async (): Promise<string> => {
    assert.equal(callHere(), "/Outer/ask");
    const answer = await within.client(InnerService).answer();
    assert.equal(callHere(), "/Outer/ask", "the handler has its own call back");
    return answer;
  };
  const outer = await serve({
    ...settings,
    services: [bind(OuterService, { ask })],
    listen: ground.listen,
    ambient: true,
  });
  const caller = connect({ ...settings, address: outer.address });
  for (const each of [inner, outer, within, caller]) atEnd(t, () => each.close());

  assert.equal(await caller.client(OuterService).ask(), "inner");
  list.lose(new Error("gone"));
  await until("the loss was logged", () => seen.has("logged"));
  await inner.close();
  await until("the socket was closed", () => seen.has("close"));
  for (const where of ["connect", "connected", "data", "watch", "listed", "balancer", "logged", "close"]) {
    assert.deepEqual([...(seen.get(where) ?? [])], ["none"], `during ${where}`);
  }
});
