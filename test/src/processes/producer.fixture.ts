import { setImmediate as turn } from "node:timers/promises";
import { connect, RpcError } from "@rpc/core";
import type { ProducerSays, ProducerTask } from "./producer.js";
import { WorkService } from "./server.fixture.js";

const warmUp = 5_000;

const task = process.env["RPC_TEST_PRODUCER"];
if (task !== undefined) await run(JSON.parse(task) as ProducerTask);

async function run({ address, calls, perTurn, whenFull, underWay }: ProducerTask): Promise<void> {
  const connector = connect({ address, whenFull, timeoutMs: 120_000, limits: { sendQueueWaiters: underWay } });
  const work = connector.client(WorkService);
  for (let n = 0; n < warmUp; n += 500)
    await Promise.all(Array.from({ length: 500 }, () => work.once(Number.MAX_SAFE_INTEGER)));
  const failed: Record<string, number> = {};
  const says = { answered: 0, uncertain: 0, lastEvicted: -1, oldestFirst: true, queueEntries: 0, queueBytes: 0 };
  let settled = 0;
  let rssBytes = 0;
  const rssBeforeBytes = process.memoryUsage.rss();
  const note = (n: number, thrown: unknown): void => {
    if (!(thrown instanceof RpcError)) throw thrown;
    failed[thrown.reason] = (failed[thrown.reason] ?? 0) + 1;
    if (thrown.processed !== "no") says.uncertain++;
    if (thrown.reason !== "QUEUE_EVICTED") return;
    if (n < says.lastEvicted) says.oldestFirst = false;
    says.lastEvicted = n;
  };
  const look = (): void => {
    const { queue } = connector.stats().total;
    says.queueEntries = Math.max(says.queueEntries, queue.entries);
    says.queueBytes = Math.max(says.queueBytes, queue.bytes);
    rssBytes = Math.max(rssBytes, process.memoryUsage.rss());
  };
  for (let made = 0; made < calls; ) {
    for (const end = Math.min(calls, made + perTurn); made < end && made - settled < underWay; made++) {
      const n = made;
      void work
        .once(Number.MAX_SAFE_INTEGER)
        .then(
          () => void says.answered++,
          (thrown: unknown) => note(n, thrown),
        )
        .finally(() => settled++);
    }
    look();
    await turn();
  }
  while (settled < calls) await turn();
  const answer: ProducerSays = { ...says, failed, rssBytes, rssBeforeBytes };
  process.send?.(answer);
  await connector.close();
  process.disconnect();
}
