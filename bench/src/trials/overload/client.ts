import { setTimeout as delay } from "node:timers/promises";
import { type Client, type Connector, connect, RpcError } from "@rpc/core";
import { answerQuestions } from "../../processes/answer-questions.js";
import type { Offer, Offered, OverloadQuestions } from "./questions.js";
import { type Work, WorkService } from "./work.js";

/* The callers of the trial of overload: several clients of one process, each with a connection of its own. */

const clients = 4;
/** The client's own limits must not shed what the server is to. */
const bounds = { limits: { inFlight: 16_384, sendQueueEntries: 65_536 } };

let connectors: Connector[] = [];
let work: Client<Work>[] = [];

answerQuestions<OverloadQuestions>(
  {
    async open({ address, retries }) {
      await close();
      connectors = Array.from({ length: clients }, () =>
        connect({ address, ...bounds, ...(!retries && { retry: false, throttle: false }) }),
      );
      work = connectors.map((connector) => connector.client(WorkService));
      await Promise.all(work.map((one) => one.burn()));
      return "";
    },
    saturate: ({ inFlight, forMs }) => saturate(inFlight, forMs),
    offer,
  },
  close,
);

async function close(): Promise<void> {
  await Promise.all(connectors.map((connector) => connector.close()));
}

async function saturate(inFlight: number, forMs: number): Promise<number> {
  const until = performance.now() + forMs;
  let calls = 0;
  const go = async (which: number): Promise<void> => {
    while (performance.now() < until) {
      try {
        await work[which % clients]!.burn();
        calls++;
      } catch (error) {
        // On a busy machine even these few are too many now and then.
        await delay((error as RpcError).retryAfterMs ?? 10);
      }
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: inFlight }, (_, which) => go(which)));
  return (calls * 1_000) / (performance.now() - startedAt);
}

async function offer({ callsPerSecond, forMs, leadInMs }: Offer): Promise<Offered> {
  const accepted: number[] = [];
  const rejected: number[] = [];
  const counts = { withoutRetryAfter: 0, shed: 0, failed: 0 };
  const startedAt = performance.now();
  const one = async (client: Client<Work>): Promise<void> => {
    const madeAt = performance.now();
    const counting = madeAt - startedAt >= leadInMs;
    try {
      await client.burn();
      if (counting) accepted.push(performance.now() - madeAt);
    } catch (error) {
      if (!counting) return;
      if (!(error instanceof RpcError) || error.code !== "resource_exhausted") counts.failed++;
      else if (error.origin === "local") counts.shed++;
      else {
        rejected.push(performance.now() - madeAt);
        if (error.retryAfterMs === undefined) counts.withoutRetryAfter++;
      }
    }
  };
  const calls: Promise<void>[] = [];
  let counted = 0;
  for (let made = 0; performance.now() - startedAt < forMs; await delay(1)) {
    const sinceMs = performance.now() - startedAt;
    for (const due = (sinceMs * callsPerSecond) / 1_000; made < due; made++) {
      calls.push(one(work[made % clients]!));
      if (sinceMs >= leadInMs) counted++;
    }
  }
  await Promise.all(calls);
  const seconds = (forMs - leadInMs) / 1_000;
  return {
    goodPerSecond: accepted.length / seconds,
    madePerSecond: counted / seconds,
    acceptedP99Ms: p99(accepted),
    rejectedP99Ms: p99(rejected),
    rejected: rejected.length,
    ...counts,
  };
}

function p99(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[Math.ceil(values.length * 0.99) - 1] ?? 0;
}
