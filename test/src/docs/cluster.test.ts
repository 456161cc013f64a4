import assert from "node:assert/strict";
import test from "node:test";
import { bind, type RpcError } from "@rpc/core";
import { createCluster, type SimulatedProcess } from "@rpc/core/testing";
import { ArithService } from "./arith.js";

/** What each process of the service does when it starts. */
const main = (process: SimulatedProcess) =>
  process.serve({
    services: [bind(ArithService, { add: (a, b) => a + b, factor: () => process.pause(500).then(() => [3, 7]) })],
  });

for (const seed of [1, 2, 3]) {
  test(`a crash is heard of at once, and the next process is found (seed ${seed})`, async () => {
    const cluster = createCluster({ seed, network: { latencyMs: 2, jitterMs: 1 } });
    const server = cluster.process("arith");
    await main(server);
    const caller = cluster.process("caller");
    const arith = caller.connect({ address: server.address }).client(ArithService);
    assert.equal(await cluster.finish(arith.add(2, 3)), 5);

    const answer = arith.factor(21);
    const failed = answer.catch((error: RpcError) => error);
    await cluster.advance(100);
    server.crash();
    const error = (await cluster.finish(failed)) as RpcError;
    assert.equal(`${error.reason} ${error.processed}`, "CONNECTION_LOST maybe");
    assert.ok(cluster.nowMs < 200);

    await main(server.restart());
    assert.equal(await cluster.finish(arith.add(2, 3)), 5);
  });
}
