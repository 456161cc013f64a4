import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { p2cPeakEwma } from "@rpc/balancer";
import { type Balancer, connect } from "@rpc/core";
import { fileRegistry } from "@rpc/registry-file";
import { atEnd } from "../wire/ground/at-end.js";
import { until } from "../wire/ground/until.js";
import { load } from "./load.js";
import { openServer } from "./open-server.fixture.js";
import { WorkService } from "./server.fixture.js";

const rounds = process.env["RPC_LONG"] === undefined ? 2 : 5;

test("three servers are restarted one after the other, again and again, under load: no call fails, whether it may run twice or not", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "rpc-rolling-"));
  atEnd(t, () => rm(directory, { recursive: true, force: true }));
  let used: readonly string[] = [];
  const watched: Balancer = () => {
    const inner = p2cPeakEwma();
    return (ready) => {
      used = ready.map(({ endpoint }) => endpoint.id);
      return inner(ready);
    };
  };
  const servers = await Promise.all([1, 2, 3].map(() => openServer(t, { directory })));
  const registry = fileRegistry({ directory });
  atEnd(t, () => registry.close());
  const connector = connect({ registry, balancer: watched });
  atEnd(t, () => connector.close());
  const work = connector.client(WorkService);
  const stop = new AbortController();
  const call = (n: number): Promise<unknown> => {
    const until = Date.now() + 60_000;
    return n % 3 === 0 ? work.after(20) : n % 3 === 1 ? work.once(until) : work.again(until);
  };
  const loaded = load(500, call, stop.signal);
  await until("all three are used", () => used.length === 3);
  for (let round = 0; round < rounds; round++) {
    for (const [index, old] of servers.entries()) {
      old.signal("SIGTERM");
      assert.equal(await old.ended, 0);
      const next = await openServer(t, { directory });
      servers[index] = next;
      await until("the new one is used", () => used.includes(next.id) && used.length === 3);
      await delay(200);
    }
  }
  stop.abort();
  const { answered, failed } = await loaded;
  assert.deepEqual(failed, {});
  // Each of three restarts in a round takes 200 ms and more.
  assert.ok(answered > 250 * rounds, `${answered} calls`);
});
