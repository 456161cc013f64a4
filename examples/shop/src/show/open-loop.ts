import { setTimeout as sleep } from "node:timers/promises";

/**
 * Calls `send` with 1, 2, 3 … at a steady rate, whether or not what was sent before has been answered: customers do not wait for
 * each other. After a stall it sends what was due meanwhile. Resolves when `stop` has aborted and all that was sent is settled.
 */
export async function openLoop(
  perSecond: number,
  stop: AbortSignal,
  send: (n: number) => Promise<void>,
): Promise<void> {
  const unsettled = new Set<Promise<void>>();
  const startedAt = performance.now();
  const dueInMs = (n: number) => startedAt + ((n - 1) * 1_000) / perSecond - performance.now();

  for (let n = 1; !stop.aborted; ) {
    for (; dueInMs(n) <= 0; n++) {
      const sent = send(n).finally(() => unsettled.delete(sent));
      unsettled.add(sent);
    }
    await sleep(dueInMs(n), undefined, { signal: stop }).catch(() => {});
  }
  await Promise.all(unsettled);
}
