import { setTimeout as delay } from "node:timers/promises";
import { p2cPeakEwma, roundRobin } from "@rpc/balancer";
import { answerQuestions } from "@rpc/bench/processes";
import { type Balancer, type Client, type Connector, connect, type Registry, type RpcError } from "@rpc/core";
import { machineMs } from "./machine-time.js";
import { Outcomes } from "./outcomes.js";
import type { ClientQuestions, Load } from "./questions.js";
import { openWaits } from "./waits.js";
import { registryAt } from "./where.js";
import { type Work, WorkService } from "./work.js";

/* The client of chaos: an open loop of calls. */

/** What `createApp` takes unless told otherwise, and what is measured beside it. */
const balancers = { default: p2cPeakEwma, roundRobin };

const waits = openWaits();
let registry: Registry | undefined;
let connector: Connector | undefined;
let work: Client<Work> | undefined;
let ready: readonly string[] = [];
let outcomes = new Outcomes();
let stop = new AbortController();
let loaded: Promise<unknown> = Promise.resolve();

answerQuestions<ClientQuestions>(
  {
    async open({ where, balancer }) {
      await close();
      registry = registryAt(where);
      connector = connect({ registry, balancer: watched(balancers[balancer]) });
      work = connector.client(WorkService);
      await work.again(0);
      return null;
    },
    ready: async () => ready,
    async begin(load) {
      outcomes = new Outcomes();
      stop = new AbortController();
      connector?.resetStats();
      loaded = make(load, stop.signal);
      return null;
    },
    span: async ({ fromMs, toMs }) => outcomes.span(fromMs, toMs),
    waited: async ({ fromMs, toMs }) => waits.within(fromMs, toMs),
    async rest() {
      stop.abort();
      await loaded;
      const { made, answered, failures } = outcomes;
      const { ok, failed } = connector!.stats().calls;
      return { made, answered, failures, counted: { ok, failed } };
    },
  },
  close,
);

async function close(): Promise<void> {
  stop.abort();
  await loaded;
  await connector?.close();
  await registry?.close();
  connector = registry = undefined;
}

function watched(balancer: Balancer): Balancer {
  return () => {
    const inner = balancer();
    return (candidates) => {
      ready = candidates.map(({ endpoint }) => endpoint.id);
      return inner(candidates);
    };
  };
}

/** A call counts from when it was due, so that what holds up the caller shows, too. */
async function make({ method, perSecond }: Load, signal: AbortSignal): Promise<void> {
  const settling: Promise<void>[] = [];
  const startedAt = machineMs();
  while (!signal.aborted) {
    const dueMade = ((machineMs() - startedAt) * perSecond) / 1_000;
    while (outcomes.made < dueMade) {
      const call = outcomes.begin(startedAt + (outcomes.made * 1_000) / perSecond);
      settling.push(one(method === "both" ? (call % 2 === 0 ? "again" : "once") : method, call));
    }
    await delay(1);
  }
  await Promise.all(settling);
}

async function one(method: keyof Work, call: number): Promise<void> {
  try {
    const answer = await work![method](call);
    if (answer !== call) throw new Error(`call ${call} had the answer of ${answer}`);
    outcomes.succeed(call, machineMs());
  } catch (error) {
    outcomes.fail(call, error as RpcError);
  }
}
