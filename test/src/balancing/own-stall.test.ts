import assert from "node:assert/strict";
import { test } from "node:test";
import { roundRobinWith } from "@rpc/balancer";
import { bind, defineService, type Logger } from "@rpc/core";
import { createCluster } from "@rpc/core/testing";

const DeskService = defineService<{ ask(): string }>("Desk", { ask: { idempotent: true } });

for (const stallMs of [700, 3_000, 30_000]) {
  test(`no endpoint is left out since this process stood still itself for ${stallMs} ms with calls under way`, async () => {
    const cluster = createCluster({ seed: 5, network: { latencyMs: 0.3 } });
    for (const name of ["a", "b", "c"]) {
      const process = cluster.process(name);
      const ask = async (): Promise<string> => process.pause(3).then(() => name);
      await cluster.finish(process.serve({ services: [bind(DeskService, { ask })], registry: process.registry }));
    }
    const client = cluster.process("client");
    const warned: string[] = [];
    const quiet = (): void => {};
    const logger: Logger = { debug: quiet, info: quiet, warn: (line) => warned.push(line), error: quiet };
    const connector = client.connect({
      registry: client.registry,
      balancer: roundRobinWith(client.random),
      timeoutMs: 500,
      logger,
    });
    const desk = connector.client(DeskService);
    await cluster.finish(desk.ask());
    await cluster.advance(1_000);
    const calls = Array.from({ length: 60 }, () => desk.ask().catch(() => "failed"));
    await cluster.advance(1);
    client.stop();
    await cluster.advance(stallMs);
    client.goOn();
    await cluster.finish(Promise.all(calls));
    await cluster.advance(2_000);
    assert.deepEqual(
      warned.filter((line) => line.includes("gets no calls")),
      [],
    );
    const later = await cluster.finish(Promise.all(Array.from({ length: 30 }, () => desk.ask())));
    assert.deepEqual(
      ["a", "b", "c"].filter((name) => !later.includes(name)),
      [],
    );
    await cluster.finish(connector.close());
  });
}
