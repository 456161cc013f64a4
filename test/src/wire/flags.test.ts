import test from "node:test";
import { inMemory } from "./ground/grounds.js";
import { firstId, meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { cancel, chunk, close, drain, type Frame, open, ping, pong, reject, request, response } from "./raw/frames.js";
import { type FlagName, flagBits, type KindName } from "./raw/numbers.js";
import { raw } from "./raw/raw.js";

/** The flags that each kind may have, as docs/protocol.md says; `acceptor` apart, which all frames about calls have. */
const carried: Partial<Record<KindName, readonly FlagName[]>> = {
  open: ["acceptor"],
  request: ["more", "time", "codec", "priority", "trace", "metadata", "acceptor"],
  response: ["more", "codec", "load", "metadata", "acceptor"],
  reject: ["more", "codec", "load", "metadata", "acceptor"],
  cancel: ["acceptor"],
  chunk: ["more", "acceptor"],
  ping: [],
  pong: [],
  drain: [],
  close: [],
};

const toServer: readonly Frame[] = [
  open("Probe", ["add"], { id: 3 }),
  request({ id: 3, args: [1, 2] }),
  cancel(2),
  chunk(2, Buffer.alloc(4)),
  ping(),
  pong(),
];

const toClient: readonly Frame[] = [
  response(firstId),
  reject(firstId),
  chunk(2, Buffer.alloc(4)),
  ping(),
  drain(),
  close(),
];

for (const frame of toServer) {
  for (const bit of bitsNotCarried(frame)) {
    test(`flag ${bit} on a ${frame.kind} ends a server's connection, so that it can be given a meaning later`, async (t) => {
      const ground = inMemory();
      const { address } = await serving(t, ground);
      const peer = await raw.greeted(t, address, ground.transport);
      peer.send(open("Probe", ["add"]), request({ id: 2, args: [1, 2] }));
      await peer.expect("opened");
      await peer.expect("response");
      peer.send({ ...frame, flags: 1 << bit });
      await peer.expectClose("RESERVED_FLAG");
    });
  }
}

for (const frame of toClient) {
  for (const bit of bitsNotCarried(frame)) {
    test(`flag ${bit} on a ${frame.kind} ends a client's connection, so that it can be given a meaning later`, async (t) => {
      const { peer, probe } = await meeting(t, inMemory());
      const failing = probe.add(1, 2).catch(() => {});
      await peer.expect("request", { id: firstId });
      peer.send({ ...frame, flags: 1 << bit });
      await peer.expectClose("RESERVED_FLAG");
      await failing;
    });
  }
}

function bitsNotCarried({ kind }: Frame): number[] {
  const bits = (carried[kind as KindName] ?? []).map((name) => flagBits[name] as number);
  return Array.from({ length: 16 }, (_, bit) => bit).filter((bit) => !bits.includes(1 << bit));
}
