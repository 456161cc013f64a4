import assert from "node:assert/strict";
import test from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { p2cPeakEwma } from "@rpc/balancer";
import { type Balancer, connect, withOptions } from "@rpc/core";
import { atEnd } from "../wire/ground/at-end.js";
import { listing } from "../wire/ground/listing.js";
import { until } from "../wire/ground/until.js";
import { load } from "./load.js";
import { openServer } from "./open-server.fixture.js";
import { WorkService } from "./server.fixture.js";

const stoppedMs = process.env["RPC_LONG"] === undefined ? 4_000 : 30_000;

test("one of three servers is stopped at 2,000 calls a second: it is suspected within 1.5 s, no idempotent call fails, and nothing that expired runs when it goes on", async (t) => {
  const servers = await Promise.all([1, 2, 3].map(() => openServer(t)));
  const list = listing();
  list.set(...servers.map(({ address }) => address));
  const [stopped] = servers as [(typeof servers)[number]];
  let used: readonly string[] = [];
  const watched: Balancer = () => {
    const inner = p2cPeakEwma();
    return (ready) => {
      used = ready.map(({ endpoint }) => endpoint.id);
      return inner(ready);
    };
  };
  const connector = connect({ registry: list.registry, balancer: watched });
  atEnd(t, () => connector.close());
  const work = connector.client(WorkService);
  const stop = new AbortController();
  const timeoutMs = 5_000;
  const loaded = load(2_000, () => work.again(Date.now() + timeoutMs + 1_000), stop.signal);
  await until("all three are used", () => used.length === 3);
  await delay(2_000);

  // These stay where they are: what expires must not run later.
  const short = withOptions(work, { timeoutMs: 400 });
  stopped.signal("SIGSTOP");
  const stoppedAt = performance.now();
  const once = Array.from({ length: 60 }, () =>
    short.once(Date.now() + 600).then(
      () => true,
      () => false,
    ),
  );
  await until("it is suspected", () => !used.includes(stopped.address));
  const suspectedMs = performance.now() - stoppedAt;
  assert.ok(suspectedMs < 1_500, `suspected after ${suspectedMs} ms`);
  assert.ok(
    (await Promise.all(once)).includes(false),
    "none of those that may not run twice was on the stopped server",
  );
  await delay(stoppedMs - (performance.now() - stoppedAt));
  stopped.signal("SIGCONT");
  await until("it is used again", () => used.includes(stopped.address));
  await delay(500);
  stop.abort();
  const { answered, failed } = await loaded;
  assert.deepEqual(failed, {});
  assert.ok(answered > 2_000);
  assert.equal((await stopped.ran()).expired, 0);
});
