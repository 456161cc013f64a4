import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "../../contract/errors.js";
import { bind } from "../../service/bind.js";
import { defineService } from "../../service/define-service.js";
import { type Cluster, type ClusterOptions, createCluster } from "./cluster.js";
import type { SimulatedProcess } from "./process.js";

interface Echo {
  say(text: string): string;
  slow(ms: number): string;
}
const EchoService = defineService<Echo>("Echo", { say: {}, slow: {} });

async function echo(process: SimulatedProcess): Promise<void> {
  await process.serve({
    services: [
      bind(EchoService, {
        say: (text) => text,
        slow: (ms) => process.pause(ms).then(() => process.instance),
      }),
    ],
  });
}

async function pair(options?: ClusterOptions) {
  const cluster = createCluster(options);
  const server = cluster.process("server");
  await echo(server);
  const caller = cluster.process("caller");
  const connector = caller.connect({ address: server.address, retry: false });
  return { cluster, server, caller, connector, client: connector.client(EchoService) };
}

async function failure(cluster: Cluster, call: Promise<unknown>): Promise<RpcError> {
  try {
    await cluster.finish(call);
  } catch (error) {
    assert.ok(error instanceof RpcError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: "the call succeeded" });
}

/** A run in which a good deal happens. */
async function busyRun(seed: number): Promise<{ digest: string; lines: string[]; answers: string[] }> {
  const lines: string[] = [];
  const { cluster, server, client, connector } = await pair({ seed, onTrace: (line) => lines.push(line) });
  const answers: string[] = [];
  const note = (call: Promise<string>): void =>
    void call.then(
      (answer) => answers.push(answer.slice(0, 20)),
      (error: RpcError) => answers.push(`${error.reason} ${error.processed}`),
    );
  const random = cluster.random("busy");
  for (let step = 0; step < 40; step++) {
    note(random() < 0.3 ? client.slow(Math.floor(random() * 50)) : client.say("x".repeat(random() * 200_000)));
    await cluster.advance(random() * 10);
    if (step === 10) cluster.cut("caller", "server");
    if (step === 20) server.stop();
    if (step === 25) server.goOn();
    if (step === 30) void echo(server.restart());
  }
  await cluster.advance(20_000);
  await cluster.finish(connector.close());
  assert.equal(answers.length, 40);
  return { digest: cluster.digest, lines, answers };
}

describe("a cluster in one process", () => {
  test("calls get through it, and take as long as the network does", async () => {
    const { cluster, client } = await pair({ network: { latencyMs: 10, jitterMs: 0 } });
    assert.equal(await cluster.finish(client.say("first")), "first");
    const startedAt = cluster.nowMs;
    assert.equal(await cluster.finish(client.say("second")), "second");
    assert.ok(cluster.nowMs - startedAt >= 20 && cluster.nowMs - startedAt < 21, `${cluster.nowMs - startedAt}`);
  });

  test("a seed repeats a run to the last byte, and another seed is another run", async () => {
    const [first, second, other] = [await busyRun(5), await busyRun(5), await busyRun(6)];
    assert.deepEqual(second.lines, first.lines);
    assert.deepEqual(second.answers, first.answers);
    assert.equal(second.digest, first.digest);
    assert.notEqual(other.digest, first.digest);
  });

  test("large messages get through however they are sliced, and no stream holds more than its buffers", async () => {
    const { cluster, client } = await pair({ network: { sliceChance: 1, bytesPerMs: 1_000 } });
    const text = "0123456789".repeat(50_000);
    const answer = client.say(text);
    let most = 0;
    cluster.observe(() => {
      most = Math.max(most, cluster.mostHeldBytes);
    });
    assert.equal(await cluster.finish(answer), text);
    assert.ok(most > 0 && most < 300_000, `${most}`);
  });

  test("a cut loses what is under way, and the callers hear of it at once", async () => {
    const { cluster, client } = await pair();
    await cluster.finish(client.say("ready"));
    const call = client.slow(100);
    await cluster.advance(10);
    assert.equal(cluster.cut("caller", "server"), 1);
    const error = await failure(cluster, call);
    assert.equal(`${error.reason} ${error.processed}`, "CONNECTION_LOST maybe");
    assert.ok(cluster.nowMs < 30);
  });

  test("what is blocked comes late and in order; the other direction is left alone", async () => {
    const { cluster, client } = await pair();
    await cluster.finish(client.say("ready"));
    cluster.block("server", "caller");
    const calls = Promise.all(["a", "b", "c"].map((text) => client.say(text.repeat(70_000))));
    await cluster.advance(2_000);
    cluster.unblock("server", "caller");
    assert.deepEqual(
      (await cluster.finish(calls)).map((text) => text[0]),
      ["a", "b", "c"],
    );
  });

  test("a connection attempt through a partition waits, and gets through when it heals", async () => {
    const { cluster, client } = await pair();
    cluster.partition("caller", "server");
    const call = client.say("late");
    await cluster.advance(3_000);
    cluster.heal("caller", "server");
    assert.equal(await cluster.finish(call), "late");
    assert.ok(cluster.nowMs < 3_010, `${cluster.nowMs}`);
  });

  test("a stopped process does nothing, accepts connections and reads all that gathered when it goes on", async () => {
    const { cluster, server, client } = await pair();
    server.stop();
    const call = client.say("patience");
    await cluster.advance(4_000);
    assert.equal(cluster.connections, 1);
    server.goOn();
    assert.equal(await cluster.finish(call), "patience");
    assert.ok(cluster.nowMs < 4_010);
  });

  test("timers of a stopped process fire when it goes on, before it reads", async () => {
    const { cluster, caller, client } = await pair();
    await cluster.finish(client.say("ready"));
    const order: string[] = [];
    void client.say("x").then(() => order.push("answer"));
    caller.clock.setTimer(() => order.push("timer"), 1_000);
    await cluster.advance(0);
    caller.stop();
    await cluster.advance(5_000);
    assert.deepEqual(order, []);
    caller.goOn();
    await cluster.advance(0);
    assert.deepEqual(order, ["timer", "answer"]);
  });

  test("a crash breaks the calls of others and lets nothing of the process run again", async () => {
    const { cluster, server, client } = await pair();
    await cluster.finish(client.say("ready"));
    let ran = false;
    const call = client.slow(100);
    await cluster.advance(10);
    server.clock.setTimer(() => {
      ran = true;
    }, 10);
    server.crash();
    const error = await failure(cluster, call);
    assert.equal(`${error.reason} ${error.processed}`, "CONNECTION_LOST maybe");
    await cluster.advance(1_000);
    assert.equal(ran, false);
    assert.equal(server.clock.timers, 0);
    const refused = await failure(cluster, client.say("anybody there"));
    assert.match(refused.message, /ECONNREFUSED/);
  });

  test("a restart is another instance at the same address, to which clients find back", async () => {
    const { cluster, server, client } = await pair();
    assert.equal(await cluster.finish(client.slow(1)), "server-1");
    const next = server.restart();
    await echo(next);
    await cluster.advance(1_000);
    assert.equal(await cluster.finish(client.slow(1)), "server-2");
  });

  test("closing everything leaves no connection and no timer that would keep a process alive", async () => {
    const { cluster, caller, connector, client } = await pair();
    await cluster.finish(client.say("ready"));
    await cluster.finish(connector.close());
    await cluster.advance(2_000);
    assert.equal(cluster.connections, 0);
    assert.equal(caller.clock.keepingAlive, 0);
    await cluster.advance(60_000);
    assert.equal(caller.clock.timers, 0);
  });

  test("a promise that nothing settles is named as such, and does not hang the test", async () => {
    const { cluster } = await pair();
    await assert.rejects(cluster.finish(new Promise(() => {}), 1_000), /has not settled by .* 1000 ms were given/);
  });

  test("a name can be taken once while its process runs", async () => {
    const { cluster, server } = await pair();
    assert.throws(() => cluster.process("server"), /running already/);
    server.crash();
    assert.equal(cluster.process("server").instance, "server-2");
  });
});
