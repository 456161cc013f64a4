import assert from "node:assert/strict";
import test from "node:test";
import { bind, connect, defineService, type Server, serve } from "@rpc/core";
import { closedAtEnd } from "./ground/at-end.js";
import { grounds, inMemory } from "./ground/grounds.js";
import { listing } from "./ground/listing.js";
import { serving } from "./ground/serving.js";
import { until } from "./ground/until.js";
import { open, pong, request } from "./raw/frames.js";
import { raw } from "./raw/raw.js";

test("a server that drains rejects by id what it has read and not started, as certainly not run, before its last word", async (t) => {
  const ground = inMemory();
  let release = (): void => {};
  const { address, server, ran } = await serving(t, ground, {
    handlersRunning: 1,
    on: { hang: () => new Promise<void>((resolve) => (release = resolve)) },
  });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["hang", "add"]), request({ id: 2, args: [] }));
  await peer.expect("opened");
  peer.send(request({ id: 3, method: 1, args: [1, 2] }));
  await until("one waits", () => server.stats().waitQueue.entries === 1);
  const closed = server.close();
  await peer.expect("drain", { target: 0 });
  await peer.expect("ping");
  // Made before the advice was seen.
  peer.send(request({ id: 4, method: 1, args: [3, 4] }), pong());
  for (const id of [3, 4]) {
    const { fault } = await peer.expect("reject", { id });
    assert.deepEqual([fault?.reason, fault?.processed], ["DRAINING", "no"]);
  }
  await peer.expect("drain", { target: 1, id: 4 });
  release();
  await peer.expect("response", { id: 2 });
  peer.cut();
  await closed;
  assert.deepEqual(
    ran.map(({ method }) => method.name),
    ["hang"],
  );
});

test("a oneway call that a draining server has read and not started is run when there is a place: nobody would make it again", async (t) => {
  const ground = inMemory();
  let release = (): void => {};
  const { address, server, ran } = await serving(t, ground, {
    handlersRunning: 1,
    on: { hang: () => new Promise<void>((resolve) => (release = resolve)) },
  });
  const peer = await raw.greeted(t, address, ground.transport, { features: 8 });
  peer.send(open("Probe", ["hang", "add"]), request({ id: 2, args: [] }));
  await peer.expect("opened");
  peer.send(request({ id: 3, method: 1, args: [1, 2], oneway: true }), request({ id: 4, method: 1, args: [1, 2] }));
  await until("both wait", () => server.stats().waitQueue.entries === 2);
  const closed = server.close();
  await peer.expect("drain", { target: 0 });
  await peer.expect("ping");
  peer.send(pong());
  await peer.expect("reject", { id: 4 });
  await peer.expect("drain", { target: 1, id: 4 });
  peer.cut();
  assert.equal(ran.length, 1);
  release();
  await closed;
  assert.deepEqual(
    ran.map(({ method }) => method.name),
    ["hang", "add"],
  );
});

interface Work {
  hold(): number;
  once(n: number): number;
  again(n: number): number;
}
const WorkService = defineService<Work>("Work", { hold: {}, once: {}, again: { idempotent: true } });

for (const ground of grounds.map((make) => make())) {
  test(`what a server that drains had not started is run elsewhere, once, and its caller sees nothing of it (${ground.name})`, async (t) => {
    const { transports } = ground;
    const ran = new Map<string, (number | "hold")[]>();
    let release = (): void => {};
    const started = async (name: string, handlersRunning: number): Promise<Server> => {
      const own: (number | "hold")[] = [];
      ran.set(name, own);
      const note = (n: number): number => {
        own.push(n);
        return n;
      };
      const hold = (): Promise<number> => {
        own.push("hold");
        return new Promise((resolve) => (release = () => resolve(-1)));
      };
      const services = [bind(WorkService, { hold, once: note, again: note })];
      const server = await serve({ services, listen: ground.listen, transports, handlersRunning });
      closedAtEnd(t, server);
      return server;
    };
    const first = await started("first", 1);
    const second = await started("second", 100);
    const list = listing();
    list.set(first.address);
    const connector = connect({ registry: list.registry, transports, balancer: () => (ready) => () => ready[0]! });
    closedAtEnd(t, connector);
    const work = connector.client(WorkService);
    const held = work.hold();
    await until("it runs", () => ran.get("first")!.length === 1);
    const calls = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? work.once(n) : work.again(n)));
    await until("all wait", () => first.stats().waitQueue.entries === calls.length);
    list.set(first.address, second.address);
    await until("there is an elsewhere", () => connector.stats().connectionsOpen === 2);
    const closed = first.close();
    assert.deepEqual(
      await Promise.all(calls),
      calls.map((_, n) => n),
    );
    release();
    assert.equal(await held, -1);
    await closed;
    assert.deepEqual(ran.get("first"), ["hold"]);
    assert.deepEqual(
      ran.get("second")!.sort((a, b) => Number(a) - Number(b)),
      calls.map((_, n) => n),
    );
    assert.deepEqual(connector.stats().calls.reasons, {});
  });
}
