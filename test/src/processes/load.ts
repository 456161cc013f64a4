import { setTimeout as delay } from "node:timers/promises";
import { RpcError } from "@rpc/core";

/** What became of a load. */
export interface Tally {
  answered: number;
  /** Failures by code and reason. */
  readonly failed: Record<string, number>;
}

/** The most that is made up for at once, in ms: where the machine stood still for longer, those calls are not made at all. */
const behindMs = 100;

/** Makes calls at a rate, whatever becomes of them, until told to stop; resolves when each has settled. */
export async function load(
  perSecond: number,
  call: (n: number) => Promise<unknown>,
  signal: AbortSignal,
): Promise<Tally> {
  const tally: Tally = { answered: 0, failed: {} };
  const settling: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let made = 0; !signal.aborted; ) {
    const due = ((performance.now() - startedAt) * perSecond) / 1_000;
    made = Math.max(made, Math.floor(due - (behindMs * perSecond) / 1_000));
    for (; made < due; made++) {
      settling.push(
        call(made).then(
          () => void tally.answered++,
          (thrown: unknown) => {
            const what =
              thrown instanceof RpcError ? `${thrown.code}/${thrown.reason}: ${thrown.message}` : String(thrown);
            tally.failed[what] = (tally.failed[what] ?? 0) + 1;
          },
        ),
      );
    }
    await delay(2);
  }
  await Promise.all(settling);
  return tally;
}
