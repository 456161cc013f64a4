import assert from "node:assert/strict";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import test from "node:test";
import { openProgram } from "@rpc/bench/processes";
import { certify } from "../trust/certificates/certificate.js";
import { atEnd } from "../wire/ground/at-end.js";
import { until } from "../wire/ground/until.js";
import type { LedgerQuestions, LoadOptions, Outcome, ServerOptions } from "./ledger.js";
import { tally } from "./scene.js";

const crowd = 100;

for (const over of ["tls", "unix"] as const) {
  test(`a server without file descriptors goes on serving those it has, who comes meanwhile backs off, and gets in later: ${over}`, async (t) => {
    const secrets = certify({ name: "crowded", altNames: ["IP:127.0.0.1"] });
    const open = (side: string, more: { openFiles?: number } = {}) => {
      const file = new URL(`./${side}.fixture.js`, import.meta.url);
      const program = openProgram<LedgerQuestions>({ file, name: `${side} of the ledger`, ...more });
      atEnd(t, () => program.kill());
      return program;
    };
    const server = open("server", { openFiles: 64 });
    const client = open("client");
    const options: ServerOptions =
      over === "unix"
        ? { listen: `unix://${tmpdir()}/rpc-crowd-${process.pid}.sock` }
        : { listen: "tls://127.0.0.1:0", secrets: { certificate: secrets.certificate, key: secrets.key } };
    const address = await server.ask("listen", options);
    const load = (more: Omit<LoadOptions, "address">): Promise<readonly Outcome[]> =>
      client.ask("load", { address, ca: secrets.certificate, ...more }, 60_000);
    assert.deepEqual(tally(await load({ calls: 10, inFlight: 2, timeoutMs: 5_000, keep: true })), { answered: 10 });

    const { hostname, port, pathname } = new URL(address);
    let closed = 0;
    const many = Array.from({ length: crowd }, () => {
      const socket = over === "unix" ? connect({ path: pathname }) : connect({ host: hostname, port: Number(port) });
      socket.on("error", () => {});
      socket.on("close", () => closed++);
      atEnd(t, () => socket.destroy());
      return socket.resume();
    });
    await until("some were turned away", () => closed > 10);
    const still = await load({ calls: 100, inFlight: 4, timeoutMs: 5_000, from: 10, keep: true });
    assert.deepEqual(tally(still), { answered: 100 });
    const [turnedAway] = await client.ask("load", {
      address,
      ca: secrets.certificate,
      calls: 1,
      inFlight: 1,
      timeoutMs: 1_500,
      from: 110,
    });
    assert.equal(turnedAway?.processed, "no");
    const attempts = await client.ask("dials", {});
    assert.ok(attempts >= 2 && attempts <= 8, `${attempts} attempts in 1.5 s`);

    for (const socket of many) socket.destroy();
    const later = await load({ calls: 20, inFlight: 2, timeoutMs: 10_000, from: 111, connect: { waitForReady: true } });
    assert.deepEqual(tally(later), { answered: 20 });
  });
}
