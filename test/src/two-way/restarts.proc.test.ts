import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { p2cPeakEwma } from "@rpc/balancer";
import { bind, type Connector, connect, createClient, currentCall } from "@rpc/core";
import { fileRegistry } from "@rpc/registry-file";
import { load } from "../processes/load.js";
import { atEnd } from "../wire/ground/at-end.js";
import { until } from "../wire/ground/until.js";
import { DeskService, PhoneService } from "./desk.js";
import type { DeskSays } from "./desk-server.fixture.js";

/** As the desks' own: overload has tests of its own. */
const timeoutMs = 60_000;
const rounds = process.env["RPC_LONG"] === undefined ? 1 : 5;

/** A desk in a process of its own. */
interface Desk {
  readonly id: string;
  /** Lets it drain. Resolves to what became of its calls, when it has ended. */
  stop(): Promise<{ readonly rung: number; readonly failed: Readonly<Record<string, number>> }>;
}

async function openDesk(t: TestContext, directory: string): Promise<Desk> {
  const script = fileURLToPath(new URL("desk-server.fixture.js", import.meta.url));
  const child = fork(script, { execArgv: [], env: { ...process.env, RPC_TEST_DESK: directory } });
  const ended = once(child, "exit");
  atEnd(t, async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const heard = async (): Promise<DeskSays> => ((await once(child, "message")) as [DeskSays])[0];
  const says = await heard();
  assert.ok("id" in says);
  return {
    id: says.id,
    async stop() {
      const last = heard();
      child.kill("SIGTERM");
      const tally = await last;
      assert.ok("rung" in tally);
      assert.deepEqual(await ended, [0, null]);
      return tally;
    },
  };
}

test("three servers are restarted in turn, and clients come and go, under calls both ways and back: none fails in either direction", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "rpc-two-way-"));
  atEnd(t, () => rm(directory, { recursive: true, force: true }));
  const registry = fileRegistry({ directory });
  atEnd(t, () => registry.close());
  let used: readonly string[] = [];
  const dial = (): Connector => {
    const connector = connect({
      registry,
      timeoutMs,
      balancer: () => {
        const inner = p2cPeakEwma();
        return (ready) => {
          used = ready.map(({ endpoint }) => endpoint.id);
          return inner(ready);
        };
      },
      serve: {
        services: [
          bind(PhoneService, {
            ring: (text) => new Promise((resolve) => setTimeout(resolve, 5, text)),
            down: (depth) =>
              depth === 0 ? 0 : createClient(DeskService, currentCall().peer!.invoke, { timeoutMs }).down(depth - 1),
            hang: () => "",
          }),
        ],
        ambient: true,
      },
    });
    atEnd(t, () => connector.close());
    return connector;
  };
  const desks = await Promise.all([1, 2, 3].map(() => openDesk(t, directory)));
  const work = dial().client(DeskService);
  const stop = new AbortController();
  const calls = (n: number): Promise<unknown> =>
    n % 3 === 0 ? work.ask("who?") : n % 3 === 1 ? work.down(4) : work.add(n, 1);
  const loaded = load(150, calls, stop.signal);
  const guests = (async () => {
    let came = 0;
    while (!stop.signal.aborted) {
      const connector = dial();
      const desk = connector.client(DeskService);
      await Promise.all(Array.from({ length: 10 }, () => desk.ask("guest")));
      const left = desk.ask("I am leaving");
      await Promise.all([left, connector.close()]);
      came++;
      await delay(50);
    }
    return came;
  })();
  await until("all three are used", () => used.length === 3);
  let rung = 0;
  for (let round = 0; round < rounds; round++) {
    for (const [index, old] of desks.entries()) {
      const tally = await old.stop();
      assert.deepEqual(tally.failed, {});
      rung += tally.rung;
      const next = await openDesk(t, directory);
      desks[index] = next;
      await until("the new one is used", () => used.includes(next.id) && used.length === 3);
      await delay(100);
    }
  }
  stop.abort();
  const came = await guests;
  const { answered, failed } = await loaded;
  assert.deepEqual(failed, {});
  for (const desk of desks) {
    const tally = await desk.stop();
    assert.deepEqual(tally.failed, {});
    rung += tally.rung;
  }
  console.log(`${answered} calls of servers, ${rung} calls of clients, ${came} clients came and went`);
  assert.ok(answered > 100 * rounds && rung > 100 * rounds && came > 1, `${answered}, ${rung}, ${came}`);
});
