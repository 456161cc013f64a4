import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import type { TLSSocket } from "node:tls";
import { type NewConnection, tls } from "@rpc/core";
import { calling } from "../wire/ground/calling.js";
import { onTls } from "../wire/ground/grounds.js";
import { serving } from "../wire/ground/serving.js";
import { until } from "../wire/ground/until.js";
import { certify } from "./certificates/certificate.js";

const root = certify({ name: "root", usage: "authority" });
const { certificate, key } = certify({ name: "server", by: root, altNames: ["IP:127.0.0.1"] });

/** Connects and says nothing, or something; resolves with how long it was left alone, in ms. */
function bare(address: string, say: (write: (bytes: Buffer) => void) => NodeJS.Timeout | undefined): Promise<number> {
  const beganAt = performance.now();
  const socket = connect(Number(address.split(":").at(-1)), "127.0.0.1");
  socket.on("error", () => {}).resume();
  const timer = say((bytes) => socket.write(bytes));
  return new Promise((resolve) =>
    socket.on("close", () => {
      clearInterval(timer);
      resolve(performance.now() - beganAt);
    }),
  );
}

test("a handshake that does not end is cut off after handshakeMs, however slowly bytes of it drip in", async (t) => {
  const ground = { ...onTls(), transports: { tls: tls({ certificate, key, handshakeMs: 200 }) } };
  const { address, log, server } = await serving(t, ground);
  const start = Buffer.concat([Buffer.from("1603010200010001fc0303", "hex"), Buffer.alloc(480)]);
  let dripped = 0;
  const spans = await Promise.all([
    bare(address, () => undefined),
    bare(address, (write) => setInterval(() => write(start.subarray(dripped, ++dripped)), 20)),
    bare(address, (write) => void write(start.subarray(0, 20))),
  ]);
  assert.ok(
    spans.every((ms) => ms >= 150 && ms < 5_000),
    spans.join(),
  );
  assert.equal(server.connections, 0);
  await until("the log says it", () => JSON.stringify(log).includes("took longer than handshakeMs 200"));
});

test("handshakes under way are bounded: above the limit a connection is closed as it comes, and room that is free is used again", async (t) => {
  const transport = tls({ certificate, key, ca: root.certificate, handshakes: 2, handshakeMs: 400 });
  const ground = { ...onTls(), transport, transports: { tls: transport } };
  const { address } = await serving(t, ground);
  const spans = await Promise.all([1, 2, 3].map(() => bare(address, () => undefined)));
  assert.equal(spans.filter((ms) => ms >= 300).length, 2, spans.join());
  assert.equal(await calling(t, ground, address).probe.add(1, 2), 3);
});

test("a listener that closes lets go of handshakes under way", async () => {
  const transport = tls({ certificate, key, handshakeMs: 60_000 });
  const listener = await transport.listen("tls://127.0.0.1:0", () => {});
  const held = bare(listener.address, (write) => void write(Buffer.from("16", "hex")));
  await new Promise((resolve) => setImmediate(resolve));
  await listener.close();
  assert.ok((await held) < 10_000);
});

test("a session is resumed when a client comes again, and the certificate of either side is still known", async (t) => {
  const client = certify({ name: "client", by: root, usage: "client" });
  const ground = {
    ...onTls(),
    transports: { tls: tls({ certificate, key, ca: root.certificate, clientCertificates: "required" }) },
  };
  const { address, ran } = await serving(t, ground);
  const transport = tls({ ca: root.certificate, certificate: client.certificate, key: client.key });
  const reused: boolean[] = [];
  const onConnect = ({ stream }: NewConnection): void => void reused.push((stream as TLSSocket).isSessionReused());
  for (let n = 0; n < 3; n++) {
    const { probe, connector } = calling(t, ground, address, { transports: { tls: transport }, onConnect });
    assert.equal(await probe.add(1, 2), 3);
    await connector.close();
  }
  assert.deepEqual(reused, [false, true, true]);
  assert.deepEqual(
    ran.map(({ peer }) => peer?.certificate?.commonName),
    ["client", "client", "client"],
  );
});
