import assert from "node:assert/strict";
import { Duplex, PassThrough } from "node:stream";
import { test } from "node:test";
import type { NewConnection } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { calling } from "../wire/ground/calling.js";
import { failed } from "../wire/ground/failed.js";
import { grounds, inMemory } from "../wire/ground/grounds.js";
import { serving } from "../wire/ground/serving.js";
import { until } from "../wire/ground/until.js";
import { hello } from "../wire/raw/frames.js";
import { raw } from "../wire/raw/raw.js";

/** A stream over another one whose bytes cannot be read there. */
function scrambled(bare: Duplex): Duplex {
  const turned = (chunk: Buffer): Buffer => Buffer.from(chunk.map((byte) => byte ^ 0x5a));
  const outer = new Duplex({
    allowHalfOpen: false,
    read: () => void bare.resume(),
    write: (chunk: Buffer, _encoding, done) => void bare.write(turned(chunk), done),
    final: (done) => void bare.end(done),
  });
  bare.on("data", (chunk: Buffer) => void (outer.push(turned(chunk)) || bare.pause()));
  bare.on("end", () => outer.push(null));
  return outer;
}

/** A stream over another one that says at once of what it is given that it is written, and hands it on some turns later. */
function keeping(bare: Duplex): Duplex {
  const kept = new PassThrough({ highWaterMark: 1_048_576 });
  const outer = new Duplex({
    allowHalfOpen: false,
    read: () => void bare.resume(),
    write: (chunk: Buffer, _encoding, done) => void kept.write(chunk, done),
    final: (done) => void kept.end(done),
  });
  bare.on("data", (chunk: Buffer) => void (outer.push(chunk) || bare.pause()));
  bare.on("end", () => outer.push(null));
  const handOn = async (): Promise<void> => {
    for await (const chunk of kept) {
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
      bare.write(chunk);
    }
    bare.end();
  };
  handOn().catch(() => {});
  outer.once("close", () => kept.destroy());
  return outer;
}

for (const ground of grounds.map((make) => make())) {
  test(`onConnect counts connections on both sides, with their addresses, once each (${ground.name})`, async (t) => {
    const seen: [string, NewConnection][] = [];
    const { address } = await serving(t, ground, { onConnect: (made) => void seen.push(["server", made]) });
    const { probe } = calling(t, ground, address, { onConnect: async (made) => void seen.push(["client", made]) });
    assert.deepEqual(await Promise.all([probe.add(1, 2), probe.add(3, 4)]), [3, 7]);
    const addresses = new Map(seen.map(([side, made]) => [side, [made.address, made.remote]]));
    assert.equal(seen.length, 2);
    assert.deepEqual(addresses.get("client"), [address, address]);
    assert.equal(addresses.get("server")?.[0], address);
    assert.notEqual(addresses.get("server")?.[1], address);
  });

  test(`onConnect wraps the stream on both sides: calls go through, the wire shows none of them, and all of it ends together (${ground.name})`, async (t) => {
    const bare: Duplex[] = [];
    const wrapped: Duplex[] = [];
    const wrap = ({ stream }: NewConnection): Duplex => {
      bare.push(stream);
      const outer = scrambled(stream);
      wrapped.push(outer);
      return outer;
    };
    const { address, server } = await serving(t, ground, { onConnect: wrap });
    const { probe, connector } = calling(t, ground, address, { onConnect: wrap });
    assert.equal(await probe.echo("x".repeat(300_000)), "x".repeat(300_000));
    await connector.close();
    await until("all is closed", () => [...bare, ...wrapped].every(({ destroyed }) => destroyed));
    assert.equal(server.connections, 0);
    assert.equal(bare.length, 2);
  });

  test(`a stream put in place of the bare one may keep what it was given beyond the write: nothing of it is written over (${ground.name})`, async (t) => {
    const wrap = ({ stream }: NewConnection): Duplex => keeping(stream);
    const { address } = await serving(t, ground, { onConnect: wrap });
    const { probe } = calling(t, ground, address, { onConnect: wrap });
    for (let round = 0; round < 10; round++) {
      const texts = Array.from({ length: 20 }, (_, n) => `${round} ${n} `.repeat(100 + n * 20));
      assert.deepEqual(await Promise.all(texts.map((text) => probe.echo(text))), texts);
    }
  });

  test(`a connection that onConnect refuses on the server is closed without a word (${ground.name})`, async (t) => {
    const { address, server, log } = await serving(t, ground, {
      onConnect: () => {
        throw new Error("not from there");
      },
    });
    const peer = await raw.client(t, address, ground.transport);
    peer.send(hello());
    await peer.expectEnd();
    assert.equal(peer.receivedBytes, 0);
    await until("it is forgotten", () => server.connections === 0);
    assert.ok(log.some(({ fields }) => String(fields["error"]).includes("not from there")));
  });

  test(`a connection that onConnect refuses on the client fails the attempt, processed "no", and is closed (${ground.name})`, async (t) => {
    const { address, server } = await serving(t, ground);
    let refused = 0;
    const { probe } = calling(t, ground, address, {
      timeoutMs: 500,
      retry: false,
      waitForReady: false,
      onConnect: () => {
        refused++;
        throw new Error("never");
      },
    });
    const error = await failed(probe.add(1, 2));
    assert.equal(error.processed, "no");
    assert.ok(refused >= 1);
    await until("nothing is left of it", () => server.connections === 0);
  });
}

test("the error of a refused attempt names the hook and keeps what it threw", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address } = await serving(t, ground, { clock });
  const cause = new Error("never");
  const { probe } = calling(t, ground, address, { clock, retry: false, onConnect: () => Promise.reject(cause) });
  const failing = failed(probe.add(1, 2));
  await clock.advance(6_000);
  const error = await failing;
  assert.deepEqual([error.code, error.reason], ["unavailable", "REFUSED_BY_ON_CONNECT"]);
  assert.match(error.message, /onConnect refused the connection to memory:\/\/1/);
});

test("an onConnect of the server that never ends is given limits.helloMs, and what it returns later is closed", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const late: ((stream: Duplex) => void)[] = [];
  const seen: NewConnection[] = [];
  const { address, server } = await serving(t, ground, {
    clock,
    onConnect(made) {
      seen.push(made);
      return new Promise((resolve) => late.push(resolve));
    },
  });
  const peer = await raw.client(t, address, ground.transport);
  await clock.advance(4_900);
  assert.equal(server.connections, 1, "who is being looked at counts");
  await clock.advance(200);
  await peer.expectEnd();
  assert.equal(server.connections, 0);
  assert.equal(seen[0]?.signal.aborted, true);
  const wrapper = scrambled(seen[0]!.stream);
  late[0]!(wrapper);
  await until("it is closed", () => wrapper.destroyed);
});

test("an onConnect of the client that never ends is given connectMs", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address, server } = await serving(t, ground, { clock });
  const { probe } = calling(t, ground, address, {
    clock,
    retry: false,
    connectMs: 300,
    timeoutMs: 1_000,
    onConnect: () => new Promise(() => {}),
  });
  const failing = failed(probe.add(1, 2));
  await clock.advance(310);
  assert.equal(server.connections, 0, "its socket was closed");
  await clock.advance(1_000);
  assert.equal((await failing).processed, "no");
});

test("a server that closes does not wait for an onConnect that has not ended", async (t) => {
  const ground = inMemory();
  const { address, server } = await serving(t, ground, { onConnect: () => new Promise(() => {}) });
  const peer = await raw.client(t, address, ground.transport);
  await until("it has come", () => server.connections === 1);
  await server.close();
  await peer.expectEnd();
  assert.equal(server.connections, 0);
});

test("a peer that leaves while onConnect looks at it is forgotten", async (t) => {
  const ground = inMemory();
  const { address, server } = await serving(t, ground, { onConnect: () => new Promise(() => {}) });
  const peer = await raw.client(t, address, ground.transport);
  await until("it has come", () => server.connections === 1);
  peer.reset();
  await until("it is forgotten", () => server.connections === 0);
});

test("a wrapper that breaks takes its connection with it: the calls settle and the socket is closed", async (t) => {
  const ground = inMemory();
  let wrapper: Duplex | undefined;
  const { address, server } = await serving(t, ground);
  const { probe } = calling(t, ground, address, {
    retry: false,
    onConnect: async ({ stream }) => {
      const pass = new Duplex({
        allowHalfOpen: false,
        read: () => void stream.resume(),
        write: (chunk: Buffer, _encoding, done) => void stream.write(chunk, done),
      });
      stream.on("data", (chunk: Buffer) => pass.push(chunk));
      wrapper = pass;
      return pass;
    },
  });
  assert.equal(await probe.add(1, 2), 3);
  const hanging = failed(probe.hang());
  await until("it runs", () => server.connections === 1);
  wrapper!.destroy(new Error("broken"));
  assert.equal((await hanging).code, "unavailable");
  await until("the server has noticed", () => server.connections === 0);
});

for (const side of ["client", "server"] as const) {
  test(`a wrapper of the ${side} that throws where it should report takes its connection with it, and neither process`, async (t) => {
    const ground = inMemory();
    let broken = false;
    const onConnect = ({ stream }: NewConnection): Duplex => {
      const pass = new Duplex({
        allowHalfOpen: false,
        read: () => void stream.resume(),
        write: (chunk: Buffer, _encoding, done) => {
          if (broken) throw new Error("a write that throws");
          stream.write(chunk, done);
        },
      });
      stream.on("data", (chunk: Buffer) => pass.push(chunk));
      return pass;
    };
    const { address, server } = await serving(t, ground, side === "server" ? { onConnect } : {});
    const { probe } = calling(t, ground, address, { retry: false, ...(side === "client" ? { onConnect } : {}) });
    assert.equal(await probe.add(1, 2), 3);
    broken = true;
    const { code, processed } = await failed(probe.add(3, 4));
    assert.deepEqual([code, processed], ["unavailable", "maybe"]);
    await until("the server has noticed", () => server.connections === 0);
    broken = false;
    assert.equal(await probe.add(5, 6), 11);
  });
}
