import assert from "node:assert/strict";
import test from "node:test";
import { RpcError, withOptions } from "@rpc/core";
import { calling } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { grounds, inMemory } from "./ground/grounds.js";
import { firstId, meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { attackClient } from "./ground/streaming.js";
import { response } from "./raw/frames.js";

/** Returns an object that runs `look` when its second field is read, which is when it is encoded. */
function looking(look: () => unknown, before: unknown = "before"): object {
  return {
    before,
    get looked() {
      return look();
    },
    after: "after",
  };
}

for (const ground of grounds.map((make) => make())) {
  test(`a getter among the arguments may make calls of its own, and every call arrives as it was made (${ground.name})`, async (t) => {
    const { address } = await serving(t, ground);
    const { probe } = calling(t, ground, address);
    assert.equal(await probe.add(1, 2), 3);
    const inner: Promise<unknown>[] = [];
    const look = (): string => {
      for (let n = 0; n < 300; n++) inner.push(probe.add(n, 1_000));
      return "looked";
    };
    const outer = probe.echo(looking(look));
    const next = probe.echo("next");
    assert.deepEqual(await outer, { before: "before", looked: "looked", after: "after" });
    assert.equal(await next, "next");
    assert.deepEqual(
      await Promise.all(inner),
      Array.from({ length: 300 }, (_, n) => n + 1_000),
    );
  });

  test(`a getter may make calls while a large message is being written around it (${ground.name})`, async (t) => {
    const { address } = await serving(t, ground);
    const { probe } = calling(t, ground, address);
    await probe.nothing();
    for (const bytes of [100, 8_000, 60_000, 70_000, 300_000]) {
      const before = "x".repeat(bytes);
      const inner: Promise<unknown>[] = [];
      const outer = probe.echo(
        looking(() => {
          inner.push(probe.echo(before), probe.add(bytes, 1));
          return bytes;
        }, before),
      );
      assert.deepEqual(await outer, { before, looked: bytes, after: "after" });
      assert.deepEqual(await Promise.all(inner), [before, bytes + 1]);
    }
  });
}

test("a getter that makes calls and then throws fails its own call only", async (t) => {
  const ground = inMemory();
  const { address, ran } = await serving(t, ground);
  const { probe } = calling(t, ground, address);
  await probe.nothing();
  let inner: Promise<unknown> = Promise.resolve();
  const outer = probe.echo(
    looking(() => {
      inner = probe.add(20, 22);
      throw new Error("of the getter");
    }),
  );
  const failed = await outer.catch((thrown: unknown) => thrown);
  assert.ok(failed instanceof RpcError);
  assert.deepEqual([failed.code, failed.reason, failed.processed], ["invalid_argument", "ENCODE_FAILED", "no"]);
  assert.equal(await inner, 42);
  assert.equal(await probe.add(1, 2), 3);
  assert.equal(ran.length, 3);
});

test("a call that is cancelled by a getter of its own arguments never leaves, and the calls after it go out as ever", async (t) => {
  const { peer, probe } = await meeting(t, inMemory(), { timeoutMs: 2_000 });
  const canceller = new AbortController();
  const cancelled = withOptions(probe, { signal: canceller.signal }).echo(
    looking(() => {
      canceller.abort();
      return "cancelled";
    }),
  );
  const failed = await cancelled.catch((thrown: unknown) => thrown);
  assert.ok(failed instanceof RpcError);
  assert.equal(failed.code, "cancelled");
  const later = [probe.echo("a"), probe.echo("b")];
  for (const value of ["a", "b"]) {
    const { id, kind } = await peer.next(`the call of ${value}`);
    assert.equal(kind, "request");
    assert.ok(id >= firstId);
    peer.send(response(id, { value }));
  }
  assert.deepEqual(await Promise.all(later), ["a", "b"]);
  assert.equal(failed.processed, "no");
});

test("a call that waits in the queue and is cancelled by a getter while it is put there leaves the queue in order", async (t) => {
  const { peer, probe } = await meeting(t, inMemory(), { timeoutMs: 2_000, limits: { inFlight: 1 } });
  const first = probe.echo("first");
  const canceller = new AbortController();
  const cancelled = withOptions(probe, { signal: canceller.signal }).echo(
    looking(() => {
      canceller.abort();
      return "cancelled";
    }),
  );
  const last = probe.echo("last");
  await assert.rejects(cancelled, { code: "cancelled", processed: "no" });
  await peer.expect("request", { id: firstId });
  peer.send(response(firstId, { value: "first" }));
  const { id } = await peer.expect("request");
  peer.send(response(id, { value: "last" }));
  assert.deepEqual([await first, await last], ["first", "last"]);
});

test("a getter that closes the client settles its call and everything else", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground);
  const { probe, connector } = calling(t, ground, address);
  await probe.nothing();
  let closed: Promise<void> = Promise.resolve();
  const outcome = await probe
    .echo(
      looking(() => {
        closed = connector.close();
        return 1;
      }),
    )
    .then(
      () => "answered",
      (thrown: RpcError) => thrown.code,
    );
  assert.ok(outcome === "answered" || outcome === "unavailable");
  await closed;
});

test("what a getter changes in the arguments after they were taken changes nothing of what is sent", async (t) => {
  const { peer, probe } = await meeting(t, inMemory(), { limits: { inFlight: 1 } });
  const first = probe.nothing();
  const value = { text: "as it was" };
  const queued = probe.echo(value);
  value.text = "changed";
  await peer.expect("request", { id: firstId });
  peer.send(response(firstId));
  await peer.expect("request", { id: firstId + 1, value: [{ text: "as it was" }] });
  peer.send(response(firstId + 1));
  await Promise.all([first, queued]);
});

test("a call that waits for its place gets that of a call which a getter has given up", async (t) => {
  const { peer, client, clock } = await attackClient(t, { limits: { inFlight: 1 } });
  const giveUp = new AbortController();
  const first = failed(withOptions(client, { signal: giveUp.signal }).plain());
  await peer.expect("request");
  const second = client.plain();
  async function* items() {
    yield looking(() => giveUp.abort());
    await new Promise(() => {});
  }
  const total = failed(client.total(items()));
  assert.equal((await first).code, "cancelled");
  await clock.settle();
  const asked = peer.waiting().filter(({ kind }) => kind === "request");
  assert.equal(asked.length, 2, "the one that streams, and the one that waited");
  peer.send(response(Math.max(...asked.map(({ id }) => id)), { value: "here" }));
  assert.equal(await second, "here");
  peer.cut();
  await total;
});
