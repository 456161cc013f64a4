import assert from "node:assert/strict";
import test from "node:test";
import { createManualClock } from "@rpc/core/testing";
import { calling } from "./ground/calling.js";
import { inMemory, onTcp, onTls } from "./ground/grounds.js";
import { heldBytes } from "./ground/heap.js";
import { serving } from "./ground/serving.js";
import { open, request } from "./raw/frames.js";
import type { RawPeer } from "./raw/peer.js";
import { raw } from "./raw/raw.js";

const MiB = 1_048_576;
const million = Buffer.alloc(MiB);
/** Of one connection a little under 5 MiB wait: of a crowd of 12 nearly 60 MiB, if they may. */
const limits = { messageBytes: 2 * MiB, waitingBytes: 6 * MiB };
const crowd = 12;
const unsentBytes = 12 * MiB;
const quarter = Buffer.alloc(MiB / 4);

/** Reads for a moment, again and again: never so little that it is cut off for that alone. */
async function drip(peers: readonly RawPeer[]): Promise<void> {
  for (const peer of peers) peer.goOnReading();
  await new Promise((resolve) => setImmediate(resolve));
  for (const peer of peers) peer.stopReading();
}

for (const ground of [inMemory(), onTcp(), onTls()]) {
  test(`a crowd that reads just enough not to be cut off holds no more than all may together; the slowest are cut off, who reads well is answered: ${ground.name}`, async (t) => {
    const clock = createManualClock();
    const served = await serving(t, ground, { clock, limits, unsentBytes, on: { large: () => million } });
    const { server, address, log } = served;
    const { probe, connector } = calling(t, ground, address, { limits: { messageBytes: 2 * MiB }, retry: false });
    await probe.nothing();
    const before = heldBytes();
    const peers: RawPeer[] = [];
    for (let n = 0; n < crowd; n++) {
      const peer = await raw.greeted(t, address, ground.transport);
      peer.stopReading();
      peer.send(open("Probe", ["large"]), ...Array.from({ length: 12 }, (_, each) => request({ id: each + 2 })));
      peers.push(peer);
    }
    await clock.advance(250);
    // Elsewhere the system's memory, and when it is given back, is part of the figure.
    const held = ground.name === "memory" ? heldBytes() - before : 0;
    assert.ok(held < unsentBytes + 12 * MiB, `${held} bytes are held`);
    for (let step = 0; step < 6; step++) {
      await drip(peers);
      await clock.advance(250);
      const echoed = await Promise.all([probe.echo(quarter), probe.echo(quarter), probe.echo(quarter)]);
      for (const echo of echoed) assert.equal((echo as Uint8Array).length, quarter.length);
      const waiting = server.stats().total.unsentBytes;
      assert.ok(waiting <= unsentBytes + 2 * MiB, `${waiting} bytes wait`);
    }
    const { slowReaders, connectionsOpen, total } = server.stats();
    assert.ok(slowReaders > 0, "the slowest are cut off");
    assert.equal(connectionsOpen, 1 + crowd - slowReaders);
    assert.ok(total.unsentBytes <= unsentBytes, `${total.unsentBytes} bytes wait`);
    assert.equal(connector.stats().connectionsEver, 1);
    if (ground.name !== "memory") return;
    // Those that are left read, however slowly, and fit: systems say less exactly who does.
    assert.ok(connectionsOpen > 2);
    assert.match(JSON.stringify(log), /unsentBytes/);
  });
}
