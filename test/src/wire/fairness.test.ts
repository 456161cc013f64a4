import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { type Call, oneway, type ServerStats, tokens, withOptions } from "@rpc/core";
import { atEnd } from "./ground/at-end.js";
import { calling } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { inMemory } from "./ground/grounds.js";
import { type ServeSettings, serving } from "./ground/serving.js";
import { turns } from "./ground/turns.js";
import { until } from "./ground/until.js";
import { cancel, open, ping, request } from "./raw/frames.js";
import { raw } from "./raw/raw.js";

const places = 64;
const onewayCalls = 8;
const credentials = { right: "right-0123456789", evil: "evil-0123456789" };

/** A server whose `hang` ends by `release` alone, whatever its signal says; a right client, and peers that have opened `hang`. */
async function crowding(
  t: TestContext,
  settings: ServeSettings = { handlersRunning: places },
  on?: () => Promise<null>,
) {
  const ground = inMemory();
  let release!: (value: null) => void;
  const released = new Promise<null>((resolve) => {
    release = resolve;
  });
  const served = await serving(t, ground, {
    authenticate: tokens(credentials),
    ...settings,
    on: { hang: on ?? (() => released) },
  });
  atEnd(t, () => release(null));
  const { probe } = calling(t, ground, served.address, { credentials: credentials.right });
  await probe.nothing();
  const evil = async () => {
    const peer = await raw.greeted(t, served.address, ground.transport, {
      features: onewayCalls,
      credentials: Buffer.from(credentials.evil),
    });
    peer.send(open("Probe", ["hang"]));
    await peer.expect("opened");
    return peer;
  };
  const hanging = (): number => served.ran.filter(({ method }: Call) => method.name === "hang").length;
  return { ...served, probe, evil, hanging, release: () => release(null) };
}

/** Whether 16 more calls run than before; or wait, where handlers that nobody waits for have three quarters of all places. */
function settled({ running, waitQueue }: ServerStats, before: number): boolean {
  return before < places * 0.75 ? running === before + 16 : waitQueue.entries === 16;
}

const ids = (from: number, count: number): number[] => Array.from({ length: count }, (_, n) => from + n);

test("a peer that calls and cancels again and again does not get every place for handlers that nobody waits for", async (t) => {
  const { server, probe, evil, hanging, release } = await crowding(t);
  const peer = await evil();
  for (let round = 0; round < 10; round++) {
    const made = ids(2 + round * 16, 16);
    const before = server.stats().running;
    peer.send(...made.map((id) => request({ id })));
    await until("they run, or wait for good", () => settled(server.stats(), before));
    peer.send(...made.map((id) => cancel(id)), ping());
    await peer.expect("pong");
  }
  assert.equal(hanging(), places * 0.75);
  assert.equal(await probe.add(1, 2), 3);
  peer.send(request({ id: 1_000 }));
  release();
  await peer.expect("response", { id: 1_000 });
  assert.equal(server.stats().running, 0);
});

test("a peer that floods a server with oneway calls leaves places to others, and gets its turn as its own end", async (t) => {
  const { server, probe, evil, hanging, release } = await crowding(t);
  const peer = await evil();
  peer.send(...ids(2, 1_000).map((id) => request({ id, oneway: true, timeLeftMs: 600_000 })), ping());
  await peer.expect("pong");
  await until("some run", () => hanging() >= places / 2);
  assert.equal(await probe.add(1, 2), 3);
  assert.ok(hanging() <= places * 0.8, `${hanging()} of ${places} places`);
  assert.equal(server.stats().waitQueue.entries, 1_000 - hanging());
  release();
  await until("all of them ran", () => hanging() === 1_000);
});

test("a peer that calls, tears its connection down and connects again does not get them either", async (t) => {
  const { server, probe, evil, hanging } = await crowding(t);
  for (let round = 0; round < 10; round++) {
    const peer = await evil();
    const before = server.stats().running;
    peer.send(...ids(2, 16).map((id) => request({ id })));
    await until("they run, or wait for good", () => settled(server.stats(), before));
    peer.reset();
    await until("it is gone", () => server.connections === 1);
  }
  assert.equal(hanging(), places * 0.75);
  assert.equal(await probe.add(1, 2), 3);
});

test("ten peers that do both still leave a place to a client that answers for its calls", async (t) => {
  const { probe, evil } = await crowding(t, { handlersRunning: 128 });
  const peers = [];
  for (let n = 0; n < 10; n++) peers.push(await evil());
  for (const peer of peers) {
    peer.send(...ids(2, 100).map((id) => request({ id, oneway: true })), ping());
    await peer.expect("pong");
  }
  for (const peer of peers) {
    peer.send(...ids(102, 10).map((id) => request({ id })), ping());
    await peer.expect("pong");
    peer.send(...ids(102, 10).map((id) => cancel(id)), ping());
    await peer.expect("pong");
  }
  for (let n = 0; n < 100; n++) assert.equal(await probe.add(n, 2), n + 2);
});

test("a client that makes a thousand oneway calls at once, gives up a thousand others and calls on is held up by none of them", async (t) => {
  const { server, probe, hanging, release } = await crowding(t, {});
  await Promise.all(ids(0, 1_000).map(() => oneway(probe).hang()));
  await until("all run", () => hanging() === 1_000);
  const abort = new AbortController();
  const given = withOptions(probe, { signal: abort.signal });
  const calls = ids(0, 1_000).map(() => failed(given.hang()));
  await until("all run", () => hanging() === 2_000);
  abort.abort();
  for (const error of await Promise.all(calls)) assert.equal(error.code, "cancelled");
  const more = ids(0, 1_000).map(() => probe.hang());
  await until("all run", () => hanging() === 3_000);
  release();
  await Promise.all(more);
  assert.equal(server.stats().turnedAway, 0);
});

test("however calls that nobody waits for came to their ends, the share is the same afterwards", async (t) => {
  let release: (value: null) => void = () => {};
  let over = false;
  const hang = () =>
    new Promise<null>((resolve) => {
      if (over) resolve(null);
      const before = release;
      release = (value) => {
        before(value);
        resolve(value);
      };
    });
  const { server, evil, ran, aborted } = await crowding(t, { handlersRunning: places }, hang);
  const rest = async (): Promise<void> => {
    release(null);
    await until("nothing runs", () => server.stats().running === 0 && server.stats().waitQueue.entries === 0);
  };
  for (let round = 0; round < 8; round++) {
    const peer = await evil();
    peer.send(
      request({ id: 2, oneway: true }),
      request({ id: 3 }),
      request({ id: 4 }),
      request({ id: 5, oneway: true }),
      // Never begun: cancelled in the same read, expired, of no method, of arguments that are none.
      request({ id: 6 }),
      cancel(6),
      request({ id: 7, oneway: true, timeLeftMs: 0 }),
      request({ id: 8, oneway: true, method: 99 }),
      request({ id: 9, oneway: true, body: Buffer.from([0xc1]) }),
      ping(),
    );
    await peer.expect("pong");
    await until("four run", () => server.stats().running === 4);
    peer.send(cancel(3), cancel(3), cancel(5), cancel(9), ping());
    await peer.expect("pong");
    if (round % 2 === 0) {
      await rest();
      peer.send(ping());
    } else {
      const told = aborted.length;
      peer.reset();
      await until("the one that is waited for is told", () => aborted.length === told + 1);
      await rest();
    }
  }
  const peer = await evil();
  const before = ran.length;
  peer.send(...ids(2, 100).map((id) => request({ id, oneway: true, timeLeftMs: 600_000 })), ping());
  await peer.expect("pong");
  await until("as many run as may", () => ran.length - before >= 36);
  peer.send(ping());
  await peer.expect("pong");
  assert.equal(ran.length - before, 36, "nine sixteenths of 64");
  over = true;
  release(null);
});

test("handlers that began when their caller had gone are put down to it: it gets no more by connecting again", async (t) => {
  const ground = inMemory();
  const waiting: (() => void)[] = [];
  const { address, server, ran } = await serving(t, ground, {
    handlersRunning: 8,
    authenticate: tokens(credentials),
    on: { hang: () => new Promise((resolve) => waiting.push(() => resolve(null))) },
  });
  atEnd(t, () => {
    for (const settle of waiting) settle();
  });
  const peerOf = async (name: keyof typeof credentials) => {
    const peer = await raw.greeted(t, address, ground.transport, {
      features: onewayCalls,
      credentials: Buffer.from(credentials[name]),
    });
    peer.send(open("Probe", ["hang"]));
    await peer.expect("opened");
    return peer;
  };
  const right = await peerOf("right");
  right.send(...ids(2, 8).map((id) => request({ id, timeLeftMs: 600_000 })));
  await until("they have all places", () => waiting.length === 8);
  const evil = async () => {
    const peer = await peerOf("evil");
    peer.send(...ids(2, 8).map((id) => request({ id, oneway: true, timeLeftMs: 600_000 })), ping());
    await peer.expect("pong");
    return peer;
  };
  await (await evil()).gone();
  await until("it is gone", () => server.connections === 1);
  for (const settle of waiting.slice(0, 8)) settle();
  await until("as many run as may", () => ran.length - 8 === 5);
  await evil();
  await turns();
  assert.equal(ran.length - 8, 5);
  assert.equal(server.stats().running, 5, "three places are left to others");
});
