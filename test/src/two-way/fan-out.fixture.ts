import { setTimeout as delay } from "node:timers/promises";
import { bind, type Connector, connect, createClient, oneway, serve } from "@rpc/core";
import { inMemory } from "../wire/ground/grounds.js";
import { heldBytes } from "../wire/ground/heap.js";
import { until } from "../wire/ground/until.js";
import { bytesOf, hello, opened } from "../wire/raw/frames.js";
import { flagBits } from "../wire/raw/numbers.js";
import { DeskService, PhoneService, phone } from "./desk.js";

/** A process of its own, so that nothing but its connections is in its memory. Prints one line of JSON. */
const [listeners = 0, deaf = 0, most = 0, mostMs = 0] = process.argv.slice(2).map(Number);
const offered = [{ name: "ring", index: 0 }];
const text = "x".repeat(1_000);
const ground = inMemory();
const server = await serve({
  services: [bind(DeskService, { add: (a, b) => a + b, ask: () => "", down: () => 0, hang: () => "" })],
  listen: ground.listen,
  transports: ground.transports,
  connections: listeners + deaf,
  limits: { highWaterBytes: 4_096, sendQueueEntries: 4, partialMs: 1_500 },
  drainMs: 1_000,
});
let heard = 0;
const ring = (said: string): string => {
  heard++;
  return said;
};
const before = heldBytes();
const connectors: Connector[] = [];
for (let at = 0; at < listeners; at++) {
  const connector = connect({
    address: server.address,
    transports: ground.transports,
    serve: [bind(PhoneService, { ...phone, ring })],
  });
  connectors.push(connector);
  await connector.ready(DeskService);
}
for (let at = 0; at < deaf; at++) {
  const stream = await ground.transport.connect(server.address, new AbortController().signal);
  // It listens until it was asked what it offers; every second one offers a phone. Then it never reads again.
  let reads = 0;
  stream.on("data", () => {
    reads++;
    if (reads !== 2) return;
    stream.pause();
    if (at % 2 === 0) stream.write(bytesOf({ ...opened(1, offered), flags: flagBits.acceptor }));
  });
  stream.on("error", () => {});
  stream.write(bytesOf(hello({ features: 8 })));
}
await until("all are connected", () => server.peers().length === listeners + deaf);
const connected = heldBytes();
const startedAt = performance.now();
let accepted = 0;
const refused: Record<string, number> = {};
let mostBytes = 0;
let messages = 0;
// However slow the machine is, it ends.
while (messages < most && performance.now() - startedAt < mostMs) {
  messages++;
  for (const peer of server.peers()) {
    oneway(createClient(PhoneService, peer.invoke))
      .ring(text)
      .then(
        () => accepted++,
        ({ reason }) => {
          refused[reason] = (refused[reason] ?? 0) + 1;
        },
      );
  }
  while (heard < messages * listeners) await delay(1);
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  mostBytes = Math.max(mostBytes, heapUsed + arrayBuffers);
}
const tookMs = performance.now() - startedAt;
const after = heldBytes();
const { queue, unsentBytes } = server.stats().total;
const peers = server.peers().length;
// Who takes nothing is dropped, and nobody else.
await until("the mute ones are dropped", () => server.peers().length <= listeners + Math.floor(deaf / 2));
console.log(
  JSON.stringify({
    heard,
    accepted,
    refused,
    peerBytes: Math.round((connected - before) / (listeners + deaf)),
    grownBytes: after - connected,
    messages,
    mostBytes: mostBytes - connected,
    aSecond: Math.round((listeners * messages * 1_000) / tookMs),
    queueEntries: queue.entries,
    queueBytes: queue.bytes,
    unsentBytes,
    peers,
    peersLeft: server.peers().length,
  }),
);
process.exit();
