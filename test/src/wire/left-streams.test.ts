import assert from "node:assert/strict";
import test from "node:test";
import { atEnd } from "./ground/at-end.js";
import { inMemory } from "./ground/grounds.js";
import { serving } from "./ground/serving.js";
import { until } from "./ground/until.js";
import { cancel, open, ping, request } from "./raw/frames.js";
import { raw } from "./raw/raw.js";

const streams = 4;

test("a peer that opens streams and leaves them, again and again, has no more sources that do not end than it may have streams", async (t) => {
  let release!: () => void;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let begun = 0;
  let over = 0;
  async function* deaf(): AsyncGenerator<number> {
    begun++;
    await released;
    over++;
    yield 1;
  }
  const ground = inMemory();
  const { address } = await serving(t, ground, {
    limits: { streams },
    methodOptions: () => ({ stream: "server" }),
    on: { deaf },
  });
  atEnd(t, () => release());
  const peer = await raw.greeted(t, address, ground.transport, { features: 4 });
  peer.send(open("Probe", ["deaf"]));
  await peer.expect("opened");
  const told: (string | undefined)[] = [];
  const pinged = async (): Promise<void> => {
    peer.send(ping());
    for (let frame = await peer.next(); frame.kind !== "pong"; frame = await peer.next())
      if (frame.kind === "reject") told.push(frame.fault?.reason);
  };
  for (let id = 2; id < 10; id++) {
    const before = begun + told.length;
    peer.send(request({ id }));
    await pinged();
    await until("it runs, or does not", () => begun + told.length > before);
    peer.send(cancel(id));
    await pinged();
  }
  assert.equal(begun, streams);
  assert.deepEqual(told, Array(8 - streams).fill("STREAM_LIMIT"));
  release();
  await until("they have ended", () => over === streams);
  await pinged();
  peer.send(request({ id: 100 }));
  await until("there is room again", () => begun === streams + 1);
});
