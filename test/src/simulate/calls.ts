import { getEventListeners } from "node:events";
import {
  batch,
  type CallOptions,
  type Client,
  oneway,
  type Priority,
  type Random,
  RpcError,
  withOptions,
} from "@rpc/core";
import type { Cluster, SimulatedProcess } from "@rpc/core/testing";
import { judgeOutcome } from "./judge-outcome.js";
import type { Ledger } from "./ledger.js";
import type { Made } from "./made.js";
import { between, pick } from "./plan.js";
import type { Done, Work, Worker } from "./work.js";

/** How much later than its deadline a call may settle, in ms. */
const graceMs = 25;

/** Within so much of its deadline a call is not made again elsewhere, in ms. */
const elsewhereMs = 5;

/** What no call fails with while servers come and go as they should. */
const ofLostConnections: ReadonlySet<string> = new Set([
  "CONNECTION_LOST",
  "DRAINING",
  "CONNECT_FAILED",
  "NO_HELLO",
  "NO_ENDPOINT",
  "NOT_READY",
]);

/** What a call ended with. */
export interface Outcome {
  readonly made: Made;
  readonly error: RpcError | undefined;
  /** What was left to its deadline, in ms. */
  readonly leftMs: number;
}

/** Makes calls, and holds what they end with to the rules. */
export class Calls {
  readonly outcomes: Outcome[] = [];
  readonly #cluster: Cluster;
  readonly #ledger: Ledger;
  readonly #random: Random;
  /** In which way each is made: drawn apart, so that it changes nothing else. */
  readonly #ways: Random;
  readonly #pending = new Set<Made>();
  /** When a process that was stopped went on, in virtual ms. */
  readonly #wentOnAt = new Map<SimulatedProcess, number>();
  #nextLookMs = Number.POSITIVE_INFINITY;
  #made = 0;

  constructor(cluster: Cluster, ledger: Ledger) {
    this.#cluster = cluster;
    this.#ledger = ledger;
    this.#random = cluster.random("calls");
    this.#ways = cluster.random("ways");
  }

  get pending(): number {
    return this.#pending.size;
  }

  get made(): number {
    return this.#made;
  }

  get endings(): Record<string, number> {
    const endings: Record<string, number> = {};
    for (const { error } of this.outcomes) {
      const ending = error?.reason ?? "ok";
      endings[ending] = (endings[ending] ?? 0) + 1;
    }
    return endings;
  }

  /** Makes a call from a process that is running. Draws the same numbers whether it is or not. */
  make(process: SimulatedProcess, client: Client<Worker> | undefined): void {
    const random = this.#random;
    const work = workOf(random, `c${++this.#made}`);
    const method = random() < 0.6 ? "once" : "again";
    const timeoutMs = random() < 0.2 ? pick(random, [0, 3, 10, 60]) : pick(random, [500, 1_000, 2_000, 4_000]);
    const cancelAfterMs = random() < 0.1 ? random() * 30 : undefined;
    const options = {
      ...(random() < 0.1 ? { metadata: { tenant: work.token } } : {}),
      ...(random() < 0.2 ? { priority: pick<Priority>(random, ["critical", "normal", "sheddable"]) } : {}),
    };
    const drawn = this.#ways();
    const way = drawn < 0.12 ? "oneway" : drawn < 0.2 ? "batch" : "call";
    const others = Array.from({ length: way === "batch" ? between(this.#ways, 0, 4) : 0 }, (_, n) =>
      workOf(this.#ways, `${work.token}.${n + 1}`),
    );
    if (client === undefined || process.running !== "running") return;
    const controller = cancelAfterMs === undefined ? undefined : new AbortController();
    const deadlineMs = this.#cluster.nowMs + timeoutMs;
    const signal = controller?.signal;
    const made = [work, ...others].map((each, n): Made => {
      const turned = n % 2 === 0 ? method : method === "once" ? "again" : "once";
      return { work: each, method: turned, way, process, timeoutMs, deadlineMs, signal };
    });
    const timer = controller && process.clock.setTimer(() => controller.abort(), cancelAfterMs ?? 0);
    for (const each of made) {
      // A oneway call is never made twice: nobody would hear whether it has to be.
      this.#ledger.expect(each.work.token, way === "oneway" ? "once" : each.method);
      this.#pending.add(each);
    }
    this.#nextLookMs = Math.min(this.#nextLookMs, deadlineMs + graceMs);
    void settledOf(made, client, { ...options, timeoutMs, signal }).then((outcomes) => {
      timer?.cancel();
      if (outcomes.length !== made.length) this.#ledger.violated(`${outcomes.length} outcomes of ${work.token}`);
      for (const [n, each] of made.entries()) {
        const outcome = outcomes[n];
        if (outcome?.status === "fulfilled") this.#settled(each, outcome.value, undefined);
        else this.#settled(each, undefined, outcome?.reason);
      }
    });
  }

  /** Calls of a process that crashed are settled by nobody. */
  forget(process: SimulatedProcess): void {
    for (const made of this.#pending) if (made.process === process) this.#pending.delete(made);
  }

  wentOn(process: SimulatedProcess): void {
    this.#wentOnAt.set(process, this.#cluster.nowMs);
    this.#nextLookMs = 0;
  }

  /** Nobody may still wait after the deadline. Called after everything that happens. */
  look(): void {
    const { nowMs } = this.#cluster;
    if (nowMs <= this.#nextLookMs) return;
    this.#nextLookMs = Number.POSITIVE_INFINITY;
    for (const made of this.#pending) {
      if (made.process.running !== "running") continue;
      const untilMs = this.#patientUntil(made);
      if (nowMs <= untilMs) {
        this.#nextLookMs = Math.min(this.#nextLookMs, untilMs);
        continue;
      }
      this.#pending.delete(made);
      this.#ledger.violated(`${made.work.token} has not settled ${nowMs - made.deadlineMs} ms after its deadline`);
    }
  }

  /** What can only be said when nothing more will run. `gentle`: servers were shut down, and nothing worse happened. */
  atEnd(gentle: boolean): void {
    for (const outcome of this.outcomes) {
      const { made, error } = outcome;
      const { token } = made.work;
      if (gentle && isLost(outcome))
        this.#ledger.violated(`${token} failed with ${error?.reason} though servers only drained: ${error?.message}`);
      const ran = this.#ledger.ran(token);
      if (error?.processed === "no" && ran > 0)
        this.#ledger.violated(`${token} failed with ${error.reason}, processed no, though its handler ran`);
      const listeners = made.signal === undefined ? 0 : getEventListeners(made.signal, "abort").length;
      if (listeners > 0) this.#ledger.violated(`${token} left ${listeners} listeners on its signal`);
    }
  }

  /** Oneway calls that were taken, had time, and never ran. Where nothing goes wrong, somebody counted each of them. */
  get vanished(): number {
    return this.outcomes.filter(
      ({ made: { way, timeoutMs, work }, error }) =>
        way === "oneway" && error === undefined && timeoutMs >= 2_000 && this.#ledger.ran(work.token) === 0,
    ).length;
  }

  #patientUntil({ deadlineMs, process }: Made): number {
    return Math.max(deadlineMs, this.#wentOnAt.get(process) ?? 0) + graceMs;
  }

  #settled(made: Made, answer: Done | undefined, error: unknown): void {
    const { token } = made.work;
    const say = (what: string): void => this.#ledger.violated(`${token}: ${what}`);
    this.#pending.delete(made);
    if (error !== undefined && !(error instanceof RpcError)) {
      say(`failed with ${String(error)}`);
      return;
    }
    const { nowMs } = this.#cluster;
    this.outcomes.push({ made, error, leftMs: made.deadlineMs - nowMs });
    if (made.process.running !== "running") say(`settled in a process that is ${made.process.running}`);
    if (nowMs > this.#patientUntil(made)) say(`settled ${nowMs - made.deadlineMs} ms after its deadline`);
    for (const broken of judgeOutcome(made, answer, error, this.#ledger.ran(token))) say(broken);
  }
}

/** Whether a call failed for a server that went, and for nothing else: it had the time and the attempts to find another. */
function isLost({ made, error, leftMs }: Outcome): boolean {
  if (error === undefined || made.work.fails !== "" || leftMs < elsewhereMs) return false;
  // Attempts that an overloaded server rejected are used up, too.
  return ofLostConnections.has(error.reason) && !/CONCURRENCY_LIMIT|WAIT_QUEUE_FULL|OVERLOADED/.test(error.message);
}

/** Makes calls in their way. Resolves to what each came to; a batch that throws throws. */
function settledOf(
  made: readonly Made[],
  client: Client<Worker>,
  { timeoutMs, signal, ...options }: CallOptions,
): Promise<PromiseSettledResult<Done | undefined>[]> {
  const { way, method, work } = made[0]!;
  if (way === "batch") {
    const configured = withOptions(client, options);
    return batch({ timeoutMs, signal }, (on) => made.map((each) => on(configured)[each.method](each.work)));
  }
  const configured = withOptions(client, { ...options, timeoutMs, signal });
  if (way === "call") return Promise.allSettled([configured[method](work)]);
  // Nothing comes back, as its type says.
  return Promise.allSettled([oneway(configured)[method](work) as Promise<undefined>]);
}

function workOf(random: Random, token: string): Work {
  const size = (): number => {
    const kind = random();
    if (kind < 0.85) return between(random, 0, 100);
    return kind < 0.97 ? between(random, 1_000, 60_000) : between(random, 65_000, 200_000);
  };
  const takes = random();
  const fate = random();
  const nests = random();
  return {
    token,
    ms: takes < 0.6 ? 0 : takes < 0.85 ? between(random, 1, 20) : takes < 0.95 ? between(random, 50, 500) : 5_000,
    stubborn: random() < 0.2,
    fails: fate < 0.05 ? "throws" : fate < 0.1 ? "aborted" : fate < 0.12 ? "unavailable" : "",
    answerBytes: size(),
    nested: nests < 0.05 ? "once" : nests < 0.1 ? "again" : "",
    filler: "q".repeat(size()),
  };
}
