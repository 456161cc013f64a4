import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { type Credentials, connect, type Newcomer, RpcError, type Transport, token } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { atEnd } from "../wire/ground/at-end.js";
import { calling, ProbeService } from "../wire/ground/calling.js";
import { failed } from "../wire/ground/failed.js";
import { inMemory } from "../wire/ground/grounds.js";
import { keepingLog } from "../wire/ground/log.js";
import { serving } from "../wire/ground/serving.js";

const secret = "s3cret-token-of-a-test";
const everyWay = (thing: unknown): string =>
  [inspect(thing, { depth: 9, showHidden: true, getters: false }), JSON.stringify(thing), String(thing)].join("\n");

test("no log line, error or printed object shows a token, whether it was right, wrong, or made its authenticator fail", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const shown: string[] = [];
  for (const authenticate of [
    token(secret),
    token("another"),
    (credentials: Credentials, peer: Newcomer) => {
      shown.push(everyWay(credentials), everyWay(peer), everyWay({ ...credentials }));
      throw new TypeError("not today");
    },
  ]) {
    const { address, log } = await serving(t, ground, { clock, authenticate });
    const clientLog = keepingLog();
    const { probe } = calling(t, ground, address, { clock, credentials: secret, logger: clientLog });
    const outcome = probe.add(1, 2).catch((error: unknown) => error);
    await clock.advance(6_000);
    shown.push(everyWay(await outcome), everyWay(log), everyWay(clientLog.records));
  }
  assert.ok(shown.length >= 12);
  for (const text of shown) assert.ok(!text.includes(secret), `it shows the token: ${text.slice(0, 300)}`);
});

test("an option that cannot be a credential is refused without being shown", () => {
  for (const credentials of [5, { token: secret }, [secret], "", secret.repeat(200)]) {
    assert.throws(
      () => connect({ address: "memory://a", credentials: credentials as string }),
      (error: unknown) => {
        assert.ok(error instanceof RpcError);
        assert.equal(error.reason, "BAD_OPTION");
        assert.ok(!error.message.includes(secret));
        return true;
      },
    );
  }
});

/** A transport to another host that notes what is sent there. */
function elsewhere(encrypted: boolean): { transport: Transport; sent: Buffer[]; dialled: number } {
  const { transport } = inMemory();
  const seen = {
    sent: [] as Buffer[],
    dialled: 0,
    transport: {
      encrypted,
      listen: transport.listen,
      async connect(_address, signal) {
        seen.dialled++;
        const listener = await transport.listen("memory://", (far) => {
          far.on("error", () => {});
          far.on("data", (chunk: Buffer) => seen.sent.push(chunk));
        });
        const stream = await transport.connect(listener.address, signal);
        await listener.close();
        return stream;
      },
    } satisfies Transport,
  };
  return seen;
}

const rows = [
  { to: "tcp://192.0.2.1:7000", encrypted: false, insecure: false, sends: false },
  { to: "tcp://db.example:7000", encrypted: false, insecure: false, sends: false },
  { to: "tcp://0.0.0.0:7000", encrypted: false, insecure: false, sends: false },
  { to: "tcp://192.0.2.1:7000", encrypted: false, insecure: true, sends: true },
  { to: "tcp://192.0.2.1:7000", encrypted: true, insecure: false, sends: true },
  { to: "tcp://127.0.0.1:7000", encrypted: false, insecure: false, sends: true },
  { to: "tcp://[::1]:7000", encrypted: false, insecure: false, sends: true },
] as const;

for (const { to, encrypted, insecure, sends } of rows) {
  test(`credentials ${sends ? "are sent" : "are never sent"} to ${to} ${encrypted ? "encrypted" : "unencrypted"}${insecure ? " with insecure: true" : ""}`, async (t) => {
    const there = elsewhere(encrypted);
    const clock = createManualClock();
    const connector = connect({
      address: to,
      transports: { tcp: there.transport },
      credentials: secret,
      insecure,
      clock,
      retry: false,
    });
    atEnd(t, () => connector.close());
    const failing = failed(connector.client(ProbeService).add(1, 2));
    await clock.advance(100);
    if (sends) {
      assert.ok(Buffer.concat(there.sent).includes(secret));
      await clock.advance(12_000);
      await failing;
      return;
    }
    const error = await failing;
    assert.deepEqual([error.reason, error.processed], ["INSECURE_CREDENTIALS", "no"]);
    assert.match(error.message, /use tls:\/\/, or set insecure: true/);
    assert.equal(there.dialled, 0, "no connection is made that could not be used");
  });
}
