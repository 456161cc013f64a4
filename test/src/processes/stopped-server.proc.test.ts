import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { p2cPeakEwma, roundRobin } from "@rpc/balancer";
import { type Balancer, type Candidate, type Client, connect, withOptions } from "@rpc/core";
import { atEnd } from "../wire/ground/at-end.js";
import { listing } from "../wire/ground/listing.js";
import { until } from "../wire/ground/until.js";
import { load, type Tally } from "./load.js";
import { openServer, type ServerProcess } from "./open-server.fixture.js";
import { type Work, WorkService } from "./server.fixture.js";

const stoppedMs = process.env["RPC_LONG"] === undefined ? 4_000 : 30_000;

/** The longest that a turn of the event loop takes here while the machine gives what it has. */
const turnMs = 20;
/** A stall of its own after which a client gives its servers all their time again. */
const startsAnewMs = 250;

interface Loaded {
  readonly work: Client<Work>;
  readonly servers: readonly ServerProcess[];
  /** Whether calls may go to a server. */
  used(server: ServerProcess): boolean;
  /** Stops a server. Resolves when it is suspected, to the ms that this took since it owed an answer, in which this process ran. */
  suspectedAfterStop(server: ServerProcess): Promise<number>;
  /** Ends the load; resolves to what became of it. */
  stop(): Promise<Tally>;
}

/** Three servers, and a client that makes 2,000 idempotent calls a second, which has warmed up. */
async function loadedServers(t: TestContext, balancer: Balancer): Promise<Loaded> {
  const servers = await Promise.all([1, 2, 3].map(() => openServer(t)));
  const list = listing();
  list.set(...servers.map(({ address }) => address));
  let ready: readonly Candidate[] = [];
  let onPick = (_: Candidate): void => {};
  const watched: Balancer = () => {
    const inner = balancer();
    return (candidates) => {
      ready = candidates;
      const pick = inner(candidates);
      return (call) => {
        const picked = pick(call);
        onPick(picked);
        return picked;
      };
    };
  };
  const connector = connect({ registry: list.registry, balancer: watched });
  atEnd(t, () => connector.close());
  const work = connector.client(WorkService);
  const stopping = new AbortController();
  const loaded = load(2_000, () => work.again(Date.now() + 6_000), stopping.signal);
  const stop = (): Promise<Tally> => {
    stopping.abort();
    return loaded;
  };
  atEnd(t, stop);
  await until("all three are used", () => ready.length === 3);
  await delay(2_000);
  const candidateOf = ({ address }: ServerProcess) => ready.find(({ endpoint }) => endpoint.id === address);
  return {
    work,
    servers,
    used: (server) => candidateOf(server) !== undefined,
    stop,
    async suspectedAfterStop(server) {
      server.signal("SIGSTOP");
      // One that was slow a moment ago gets no calls for a while: nobody misses it then.
      let owedAt = (candidateOf(server)?.pending ?? 0) > 0 ? performance.now() : Number.POSITIVE_INFINITY;
      onPick = ({ endpoint }) => {
        if (endpoint.id === server.address) owedAt = Math.min(owedAt, performance.now());
      };
      let lookedAt = performance.now();
      await until("it is suspected", () => {
        const heldUpMs = performance.now() - lookedAt - turnMs;
        lookedAt = performance.now();
        // A machine that is busy keeps this process from asking and from hearing; behind a long while of it all begins anew.
        if (heldUpMs > startsAnewMs) owedAt = Math.max(owedAt, lookedAt);
        else if (heldUpMs > 0) owedAt += heldUpMs;
        return candidateOf(server) === undefined;
      });
      return lookedAt - owedAt;
    },
  };
}

test("one of three servers is stopped at 2,000 calls a second: it is suspected within 1.5 s, no idempotent call fails, and nothing that expired runs when it goes on", async (t) => {
  const { work, servers, used, suspectedAfterStop, stop } = await loadedServers(t, p2cPeakEwma);
  const [stopped] = servers as [ServerProcess];
  const stoppedAt = performance.now();
  const suspected = suspectedAfterStop(stopped);
  // These stay where they are: what expires must not run later.
  const short = withOptions(work, { timeoutMs: 400 });
  const once = Array.from({ length: 60 }, () =>
    short.once(Date.now() + 600).then(
      () => true,
      () => false,
    ),
  );
  const suspectedMs = await suspected;
  assert.ok(suspectedMs < 1_500, `suspected after ${suspectedMs} ms`);
  assert.ok(
    (await Promise.all(once)).includes(false),
    "none of those that may not run twice was on the stopped server",
  );
  await delay(stoppedMs - (performance.now() - stoppedAt));
  stopped.signal("SIGCONT");
  await until("it is used again", () => used(stopped));
  await delay(500);
  const { answered, failed } = await stop();
  assert.deepEqual(failed, {});
  assert.ok(answered > 2_000);
  assert.equal((await stopped.ran()).expired, 0);
});

test("a server that was held up for half a second three times is suspected as soon as any other when it is stopped a moment later", async (t) => {
  const { servers, used, suspectedAfterStop, stop } = await loadedServers(t, roundRobin);
  const [stopped] = servers as [ServerProcess];
  for (let n = 0; n < 3; n++) {
    stopped.signal("SIGSTOP");
    await delay(550);
    stopped.signal("SIGCONT");
    await delay(150);
  }
  await until("it is used", () => used(stopped));
  const suspectedMs = await suspectedAfterStop(stopped);
  assert.ok(suspectedMs < 1_500, `suspected after ${suspectedMs} ms`);
  stopped.signal("SIGCONT");
  assert.deepEqual((await stop()).failed, {});
});
