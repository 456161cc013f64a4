import assert from "node:assert/strict";
import test from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { bind, connect, defineService, RpcError, serve } from "@rpc/core";
import { type Ground, inMemory, onTcp } from "../wire/ground/grounds.js";

const EchoService = defineService<{ echo(n: number): number }>("test.Echo", { echo: {} });

const clients = 25;
const callsOfEach = 4;
const factor = process.env["RPC_LONG"] === undefined ? 1 : 10;

for (const [ground, rounds] of [
  [onTcp, 80 * factor],
  [inMemory, 320 * factor],
] as const) {
  test(`in ${rounds * clients} drains over ${ground().name} no answer is lost, and what is said not to have run did not`, async () => {
    const came = { answered: 0, unbegun: 0 };
    for (let round = 0; round < rounds; round++) await drains(ground(), round, came);
    assert.ok(came.answered > rounds * clients, JSON.stringify(came));
    assert.equal(came.answered + came.unbegun, rounds * clients * callsOfEach);
  });
}

/** A server that closes at some moment of what its clients ask; each connection is drained once. */
async function drains(
  { listen, transports }: Ground,
  round: number,
  came: { answered: number; unbegun: number },
): Promise<void> {
  const ran = new Set<number>();
  const echo = async (n: number): Promise<number> => {
    ran.add(n);
    for (let step = 0; step < (round + n) % 5; step++) await null;
    if ((round + n) % 7 === 0) await turn();
    return n;
  };
  const server = await serve({ services: [bind(EchoService, { echo })], listen, transports });
  const connectors = Array.from({ length: clients }, () =>
    connect({ address: server.address, transports, retry: false }),
  );
  const echoes = connectors.map((connector) => connector.client(EchoService));
  await Promise.all(echoes.map((each) => each.echo(-1)));
  const calls = echoes.flatMap((each, client) =>
    Array.from({ length: callsOfEach }, async (_, index) => {
      const n = client * callsOfEach + index;
      await each.echo(n).then(
        (value) => {
          assert.equal(value, n);
          came.answered++;
        },
        (thrown: unknown) => {
          assert.ok(thrown instanceof RpcError);
          assert.deepEqual(
            [thrown.processed, ran.has(n)],
            ["no", false],
            `round ${round}, call ${n}: ${thrown.reason}`,
          );
          came.unbegun++;
        },
      );
    }),
  );
  for (let step = 0; step < round % 6; step++) await (round % 2 === 0 ? null : turn());
  const closed = server.close();
  await Promise.all(calls);
  await Promise.all(connectors.map((connector) => connector.close()));
  await closed;
}
