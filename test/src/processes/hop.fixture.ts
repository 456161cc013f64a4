import { answerQuestions } from "@rpc/bench/processes";
import {
  bind,
  type Client,
  connect,
  currentCall,
  defineService,
  type Priority,
  RpcError,
  serve,
  withOptions,
} from "@rpc/core";
import { type Hop, type HopQuestions, type Seen, watchLag } from "./hop.js";

/* A process of a chain: it is called, spends a while, and calls the next one; the last one waits to be told to stop. */

const HopService = defineService<Hop>("test.Hop", { hop: {} });
const seen = new Map<number, Seen>();
let caller = new AbortController();
let next: Client<Hop> | undefined;

answerQuestions<HopQuestions>(
  {
    async listen({ to, spendMs }) {
      if (to !== undefined) next = connect({ address: to }).client(HopService);
      const server = await serve({
        services: [bind(HopService, { hop: (round) => hop(round, spendMs) })],
        ambient: true,
      });
      return server.address;
    },
    async warm() {
      await next?.hop(-1);
      return null;
    },
    async call({ to, round, timeoutMs, priority }) {
      const first = connect({ address: to });
      await first.client(HopService).hop(-1);
      caller = new AbortController();
      const answer = await called(first.client(HopService), round, timeoutMs, priority);
      await first.close();
      return answer;
    },
    async cancel() {
      caller.abort();
      return null;
    },
    seen: async ({ round }) => seen.get(round) ?? null,
  },
  async () => {},
);

async function called(client: Client<Hop>, round: number, timeoutMs: number, priority: Priority) {
  const stop = watchLag();
  const startedAt = performance.now();
  const options = { timeoutMs, priority, signal: caller.signal };
  const code = await withOptions(client, options)
    .hop(round)
    .then(
      () => "ok",
      (thrown: unknown) => (thrown instanceof RpcError ? thrown.code : String(thrown)),
    );
  return { code, tookMs: performance.now() - startedAt, lagMs: stop() };
}

async function hop(round: number, spendMs: number): Promise<null> {
  if (round < 0) return next === undefined ? null : next.hop(round);
  // First: what holds this process up from here on, its times are late by.
  const stop = watchLag();
  const startedAt = performance.now();
  const { deadline, priority, signal } = currentCall();
  const own: Seen = {
    leftMs: deadline - startedAt,
    priority,
    spentMs: 0,
    abortedMs: -1,
    code: "",
    endedMs: -1,
    lagMs: 0,
  };
  seen.set(round, own);
  const aborted = new Promise<void>((resolve) => {
    signal?.addEventListener("abort", () => {
      own.abortedMs = performance.now() - startedAt;
      own.code = signal.reason instanceof RpcError ? signal.reason.code : String(signal.reason);
      own.lagMs = stop();
      resolve();
    });
  });
  if (next === undefined) {
    await aborted;
    // Whoever looks at its signal late: nobody waits for it.
    await new Promise((resolve) => setTimeout(resolve, spendMs));
    return null;
  }
  await new Promise((resolve) => setTimeout(resolve, spendMs));
  own.spentMs = performance.now() - startedAt;
  try {
    return await next.hop(round);
  } finally {
    own.endedMs = performance.now() - startedAt;
    if (own.abortedMs < 0) own.lagMs = stop();
  }
}
