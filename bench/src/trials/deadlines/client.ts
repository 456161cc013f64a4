import { setTimeout as delay } from "node:timers/promises";
import { type Client, type Connector, connect, RpcError, withOptions } from "@rpc/core";
import { answerQuestions } from "../../processes/answer-questions.js";
import { bounds, type Hang, HangService } from "./hang.js";
import type { DeadlineQuestions, Lateness } from "./questions.js";
import { watchStalls } from "./stalls.js";

/* The caller of the trial of deadlines. */

const shortestMs = 20;
const longestMs = 420;
const everyMs = 5;

let connector: Connector | undefined;

answerQuestions<DeadlineQuestions>(
  {
    async open({ address }) {
      connector = connect({ address, retry: false, ...bounds });
      const hang = connector.client(HangService);
      await given(withOptions(hang, { timeoutMs: 500 }).forever());
      return "";
    },
    async expire({ calls, overMs }) {
      if (connector === undefined) throw new Error("This process is not open.");
      return expire(connector.client(HangService), calls, overMs);
    },
  },
  async () => connector?.close(),
);

async function expire(hang: Client<Hang>, calls: number, overMs: number): Promise<Lateness> {
  const stalls = watchStalls();
  const ended: { readonly dueAt: number; readonly endedAt: number }[] = [];
  const outcomes: Promise<void>[] = [];
  const one = async (timeoutMs: number): Promise<void> => {
    const dueAt = performance.now() + timeoutMs;
    if (await given(withOptions(hang, { timeoutMs }).forever())) ended.push({ dueAt, endedAt: performance.now() });
  };
  const startedAt = performance.now();
  for (let made = 0; made < calls; await delay(everyMs)) {
    const due = Math.min(calls, Math.ceil(((performance.now() - startedAt) / overMs) * calls));
    for (; made < due; made++) outcomes.push(one(shortestMs + ((made * 7_919) % (longestMs - shortestMs))));
  }
  await Promise.all(outcomes);
  const idle = await stalls.end();
  const healthy = ended.filter(({ dueAt, endedAt }) => !idle.some((stall) => stall.from < endedAt && stall.to > dueAt));
  const late = healthy.map(({ dueAt, endedAt }) => endedAt - dueAt).sort((a, b) => a - b);
  return {
    p9999Ms: late[Math.ceil(late.length * 0.9999) - 1] ?? Number.NaN,
    earliestMs: late[0] ?? Number.NaN,
    leftOut: calls - healthy.length,
  };
}

/** Resolves to whether the call was given up at its deadline; a busy server may have turned it away before. Rejects whatever else becomes of it. */
async function given(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
  } catch (cause) {
    if (cause instanceof RpcError && cause.code === "deadline_exceeded") return true;
    if (cause instanceof RpcError && cause.code === "resource_exhausted") return false;
    throw cause;
  }
  throw new Error("A call was answered that nobody answers.");
}
