import assert from "node:assert/strict";
import { test } from "node:test";
import { type Newcomer, RpcError, token, tokens } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { calling } from "../wire/ground/calling.js";
import { failed } from "../wire/ground/failed.js";
import { inMemory } from "../wire/ground/grounds.js";
import { serving } from "../wire/ground/serving.js";
import { until } from "../wire/ground/until.js";
import { hello, helloBody, open } from "../wire/raw/frames.js";
import { raw } from "../wire/raw/raw.js";

const good = "a-token-that-is-good";
const credentials = Buffer.from(good);

test("who shows a token that is accepted is served, and handlers see who it is", async (t) => {
  const ground = inMemory();
  const { address, ran } = await serving(t, ground, { authenticate: tokens({ checkout: good, stock: "another" }) });
  for (const option of [good, credentials, () => good, async () => credentials]) {
    const { probe } = calling(t, ground, address, { credentials: option });
    assert.equal(await probe.add(1, 2), 3);
    assert.deepEqual(ran.at(-1)?.peer?.identity, { name: "checkout" });
  }
});

test("several tokens of one name are accepted at a time, so that they can be changed without a pause", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground, { authenticate: tokens({ checkout: ["old", "new"] }) });
  for (const each of ["old", "new"]) {
    assert.equal(await calling(t, ground, address, { credentials: each }).probe.add(1, 2), 3);
  }
});

for (const [what, shown] of [
  ["no token", undefined],
  ["a wrong token", Buffer.from("wrong")],
  ["a token that only begins right", credentials.subarray(0, -1)],
  ["a token with something behind it", Buffer.concat([credentials, Buffer.from("x")])],
] as const) {
  test(`${what} is refused in a close frame which says no more than that, and no handler runs`, async (t) => {
    const ground = inMemory();
    const { address, ran, server } = await serving(t, ground, { authenticate: token(good) });
    const peer = await raw.client(t, address, ground.transport);
    peer.send(hello({ ...(shown && { credentials: shown }) }));
    await peer.expectClose("UNAUTHENTICATED", {
      code: "unauthenticated",
      processed: "no",
      message: /^the credentials were not accepted$/,
    });
    assert.equal(ran.length, 0);
    await until("the connection is gone", () => server.connections === 0);
  });
}

test("a hello of 1 MB, made of a token, is refused by its length alone", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground, { authenticate: () => assert.fail("it was asked about it") });
  const peer = await raw.client(t, address, ground.transport);
  peer.send({ ...hello(), body: Buffer.alloc(1_000_000) });
  await peer.expectClose("FRAME_TOO_LARGE");
});

test("calls of a refused client fail at once as unauthenticated, are not retried, and it knocks ever more seldom", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const asked: number[] = [];
  const { address, ran } = await serving(t, ground, {
    clock,
    authenticate() {
      asked.push(Math.round(clock.now()));
      return undefined;
    },
  });
  const { probe } = calling(t, ground, address, { clock, random: () => 0.5, credentials: "wrong" });
  const failing = failed(probe.add(1, 2));
  await clock.settle();
  const error = await failing;
  assert.deepEqual([error.code, error.reason, error.processed], ["unauthenticated", "UNAUTHENTICATED", "no"]);
  assert.match(error.message, /memory:\/\/1 .*the credentials were not accepted/);
  assert.equal(error.attempts, 1);
  const again = await failed(probe.add(1, 2));
  assert.equal(again.code, "unauthenticated");
  assert.equal(asked.length, 1, "a call does not knock by itself");
  await clock.advance(2_000);
  assert.deepEqual(asked, [0, 100, 260, 516, 926], "100 ms × 1.6");
  assert.equal(ran.length, 0);
});

test("a client that was refused is served once its credentials are good", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address } = await serving(t, ground, { clock, authenticate: token(good) });
  let current = "not yet";
  const { probe } = calling(t, ground, address, { clock, random: () => 0.5, credentials: () => current });
  const failing = failed(probe.add(1, 2));
  await clock.settle();
  assert.equal((await failing).code, "unauthenticated");
  current = good;
  await clock.advance(200);
  assert.equal(await probe.add(1, 2), 3);
});

test("credentials are asked for anew for each connection, so that a token that expires can be replaced", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const seen: string[] = [];
  const options = {
    clock,
    authenticate: ({ text }: { text: string }) => {
      seen.push(text);
      return { name: text };
    },
  };
  const first = await serving(t, ground, options);
  let asked = 0;
  const { probe } = calling(t, ground, first.address, { clock, credentials: () => `token ${++asked}` });
  assert.equal(await probe.add(1, 2), 3);
  assert.equal(await probe.add(1, 2), 3);
  const closed = first.server.close();
  await clock.advance(3_000);
  await closed;
  await serving(t, ground, { ...options, listen: first.address });
  await clock.advance(3_000);
  assert.equal(await probe.add(1, 2), 3);
  assert.deepEqual([seen[0], seen.at(-1)], ["token 1", `token ${asked}`]);
  assert.ok(asked >= 2);
});

test("where the client's function has no credentials, no connection is made, and its calls say so without its words", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address, server } = await serving(t, ground, { clock, authenticate: token(good) });
  for (const [fails, message] of [
    [() => Promise.reject(new Error("secret 123")), /the function of the option `credentials` failed/],
    [() => "", /what the function of the option `credentials` returned is empty/],
    [() => 5 as unknown as string, /returned is neither a string nor bytes/],
    [() => "x".repeat(5_000), /returned has 5000 bytes, above 3072/],
  ] as const) {
    const { probe } = calling(t, ground, address, { clock, credentials: fails });
    const failing = failed(probe.add(1, 2));
    await clock.advance(6_000);
    const error = await failing;
    assert.deepEqual([error.code, error.reason, error.processed], ["unavailable", "CREDENTIALS_FAILED", "no"]);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /secret/);
    assert.equal(server.connections, 0);
  }
});

test("a hello that is too large with all its names is never sent, says what to shorten, and leaves no socket behind", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address, server } = await serving(t, ground, { clock, authenticate: token(good) });
  const { probe } = calling(t, ground, address, { clock, instance: "x".repeat(1_500), credentials: "y".repeat(3_000) });
  const failing = failed(probe.add(1, 2));
  await clock.advance(10);
  assert.equal(server.connections, 0);
  await clock.advance(6_000);
  const error = await failing;
  assert.deepEqual([error.reason, error.processed], ["HELLO_TOO_LARGE", "no"]);
  assert.match(error.message, /shorten credentials or names/);
});

test("a welcome that is too large with all its names ends the connection, and nothing is left unheard", async (t) => {
  const ground = inMemory();
  const { address, server } = await serving(t, ground, { instance: "x".repeat(5_000), authenticate: token(good) });
  const peer = await raw.client(t, address, ground.transport);
  peer.send(hello({ credentials }));
  await peer.expectClose("HELLO_TOO_LARGE");
  assert.equal(server.connections, 0);
});

test("an authenticator may take its time; what a peer says before it is welcomed ends its connection", async (t) => {
  const ground = inMemory();
  const waiting: (() => void)[] = [];
  const peers: Newcomer[] = [];
  const { address } = await serving(t, ground, {
    authenticate: (_credentials, peer) => {
      peers.push(peer);
      return new Promise((resolve) => waiting.push(() => resolve({ name: "slow" })));
    },
  });
  const patient = await raw.client(t, address, ground.transport);
  patient.send(hello());
  await until("it is asked", () => waiting.length === 1);
  waiting[0]!();
  await patient.expect("welcome");
  assert.deepEqual([peers[0]?.instance, "identity" in (peers[0] ?? {})], ["raw", false]);

  for (const early of [open("Probe", ["add"]), { kind: "hello", body: helloBody() } as const]) {
    const asked = waiting.length;
    const hasty = await raw.client(t, address, ground.transport);
    hasty.send(hello(), early);
    await hasty.expectClose("UNEXPECTED_FRAME");
    waiting[asked]?.();
  }
});

test("an authenticator that never answers holds a connection no longer than limits.helloMs", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address, server } = await serving(t, ground, { clock, authenticate: () => new Promise(() => {}) });
  const peer = await raw.client(t, address, ground.transport);
  peer.send(hello());
  await clock.advance(4_900);
  assert.equal(server.connections, 1);
  await clock.advance(400);
  await peer.expectClose("HELLO_TIMEOUT", { message: /its authentication did not end within 5000 ms/ });
  assert.equal(server.connections, 0);
});

test("an authenticator that breaks lets nobody in: the log says how, the peer learns nothing of it", async (t) => {
  const ground = inMemory();
  const { address, log } = await serving(t, ground, {
    authenticate: () => Promise.reject(new Error("no answer of the database at 10.0.0.5")),
  });
  const peer = await raw.client(t, address, ground.transport);
  peer.send(hello());
  const { fault } = await peer.expectClose("AUTHENTICATE_FAILED", { code: "unavailable", processed: "no" });
  assert.doesNotMatch(fault!.message, /database/);
  assert.ok(log.some(({ level, fields }) => level === "error" && String(fields["error"]).includes("10.0.0.5")));
});

for (const answer of [false, true, "checkout", {}, { name: 5 }, []]) {
  test(`an authenticator that returns ${JSON.stringify(answer)} by mistake lets nobody in, and the log says what it should do`, async (t) => {
    const ground = inMemory();
    const { address, log } = await serving(t, ground, { authenticate: () => answer as unknown as undefined });
    const peer = await raw.client(t, address, ground.transport);
    peer.send(hello());
    await peer.expectClose("AUTHENTICATE_FAILED", { code: "unavailable", processed: "no" });
    assert.ok(log.some(({ fields }) => String(fields["error"]).includes("returns { name } or undefined")));
  });
}

test("an authenticator chooses what a peer is told by throwing an RpcError, which never says that a handler ran", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground, {
    authenticate: () => {
      throw new RpcError("unauthenticated", "the token has expired: fetch another", { reason: "TOKEN_EXPIRED" });
    },
  });
  const peer = await raw.client(t, address, ground.transport);
  peer.send(hello());
  await peer.expectClose("TOKEN_EXPIRED", { code: "unauthenticated", processed: "no", message: /fetch another/ });
});

test("after five failures in 60 s a place's hellos are answered a second later, also the good one, and a minute later at once again", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address } = await serving(t, ground, { clock, authenticate: token(good) });
  const guess = async (guessed: string) => {
    const peer = await raw.client(t, address, ground.transport);
    peer.send(hello({ credentials: Buffer.from(guessed) }));
    await clock.settle();
    return peer;
  };
  for (let n = 0; n < 5; n++) await (await guess(`guess ${n}`)).expectClose("UNAUTHENTICATED");
  const sixth = await guess("guess 5");
  const right = await guess(good);
  await clock.advance(990);
  assert.deepEqual([sixth.receivedBytes, right.receivedBytes], [0, 0], "nobody is told anything yet");
  await clock.advance(20);
  await sixth.expectClose("UNAUTHENTICATED");
  await right.expect("welcome");
  await clock.advance(60_000);
  await (await guess("guess 6")).expectClose("UNAUTHENTICATED");
});
