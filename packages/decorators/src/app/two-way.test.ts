import assert from "node:assert/strict";
import { test } from "node:test";
import { type Client, currentCall, oneway, type Peer, RpcError } from "@rpc/core";
import { Type } from "class-transformer";
import { InjectClient } from "../notes/inject-client.js";
import { Method } from "../notes/method.js";
import { Service } from "../notes/service.js";
import type { AppOptions } from "./app-options.js";
import { createApp } from "./create-app.js";
import { memoryApps } from "./memory-apps.fixture.js";

class Note {
  text = "";
  @Type(() => Date)
  at = new Date(0);
}

@Service("Inbox")
class Inbox {
  readonly notes: Note[] = [];
  readonly from: (string | undefined)[] = [];

  @Method({ input: [() => Note] })
  put(note: Note): number {
    this.from.push(currentCall().peer?.instance);
    return this.notes.push(note);
  }
}

@Service("Office")
class Office {
  @Method()
  add(a: number, b: number): number {
    return a + b;
  }
}

class Worker {
  constructor(@InjectClient(Office) readonly office: Client<Office>) {}
}

const note = (text: string): Note => Object.assign(new Note(), { text, at: new Date(5) });

test("an app that listens nowhere connects when it starts; its services are called by the server's app, with instances of DTO classes", async (t) => {
  const apps = memoryApps();
  t.after(() => apps.stop());
  const office = await apps.make({ services: [Office], instance: "office" });
  const come: Peer[] = [];
  office.onPeer((peer) => void come.push(peer));
  await office.start();
  const worker = await apps.start({ services: [Inbox], clients: [Worker], listen: false, instance: "worker" });
  assert.throws(() => worker.address, /listens nowhere/);
  const [peer] = office.peers();
  assert.ok(peer !== undefined);
  assert.deepEqual([office.peers().length, come, peer.instance], [1, [peer], "worker"]);
  assert.equal(await office.client(Inbox, peer).put(note("first")), 1);
  await oneway(office.client(Inbox, peer)).put(note("second"));
  assert.equal(await worker.get(Worker).office.add(1, 2), 3);
  const { notes, from } = worker.get(Inbox);
  assert.ok(notes[0] instanceof Note && notes[0].at instanceof Date);
  assert.deepEqual(
    notes.map(({ text }) => text),
    ["first", "second"],
  );
  assert.deepEqual(from, ["office", "office"]);
  const { client, server } = worker.stats();
  assert.deepEqual([client.fromPeers.calls.ok, server], [2, undefined]);
  assert.equal(office.stats().server?.toPeers.calls.ok, 2);
  await worker.stop();
  await peer.closed;
  assert.deepEqual(office.peers(), []);
});

test("an app that listens offers nothing to its servers unless it says so, and both where it does", async (t) => {
  const apps = memoryApps();
  t.after(() => apps.stop());
  const office = await apps.start({ services: [Office] });
  const closed = await apps.start({ services: [Inbox], clients: [Worker] });
  await closed.get(Worker).office.add(1, 2);
  const refused = await office
    .client(Inbox, office.peers()[0]!)
    .put(note("none"))
    .catch((error: unknown) => error);
  assert.ok(refused instanceof RpcError && refused.reason === "NO_SERVICE", String(refused));
  const { instance } = office.peers()[0]!;
  const deny = () => new RpcError("permission_denied", "not you", { reason: "NOT_YOU" });
  const both = await apps.start({ services: [Inbox], clients: [Worker], connect: { serve: { authorize: deny } } });
  assert.match(both.address, /^memory:/);
  const peer = office.peers().find((other) => other.instance !== instance)!;
  await assert.rejects(office.client(Inbox, peer).put(note("none")), { reason: "NOT_YOU", processed: "no" });
});

test("an app that offers what nobody can call, or has options for a server that it has not, is refused", async () => {
  const rows: readonly [options: object, message: RegExp][] = [
    [{ listen: 7 }, /listen must be a string, or false, not 7/],
    [{ listen: false, advertise: "tcp://127.0.0.1:1" }, /advertise is given, but listen is false/],
    [{ listen: false, serve: {} }, /serve is for a server, and listen is false: write connect: \{ serve/],
    [{ listen: false, connect: { serve: false } }, /listen and connect\.serve are both false/],
    [{ connect: { serve: 5 } }, /connect\.serve must be true, false or an object/],
    [{ connect: { serve: { inflight: 5 } } }, /serve has no option "inflight"; did you mean "inFlight"/],
  ];
  for (const [options, message] of rows) {
    await assert.rejects(createApp({ services: [Office], logger: false, ...options } as AppOptions), (error) => {
      assert.ok(error instanceof RpcError);
      assert.equal(error.reason, "BAD_OPTION");
      assert.match(error.message, message);
      return true;
    });
  }
});
