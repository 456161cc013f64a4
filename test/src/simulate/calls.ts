import { getEventListeners } from "node:events";
import { type Client, type Priority, type Random, RpcError, withOptions } from "@rpc/core";
import type { Cluster, SimulatedProcess } from "@rpc/core/testing";
import type { Ledger } from "./ledger.js";
import { neverAmongFriends } from "./never-among-friends.js";
import { between, pick } from "./plan.js";
import { asked, type Done, type Work, type Worker } from "./work.js";

/** How much later than its deadline a call may settle, in ms. */
const graceMs = 25;

/** What no call fails with while servers come and go as they should. */
const ofLostConnections: ReadonlySet<string> = new Set([
  "CONNECTION_LOST",
  "DRAINING",
  "CONNECT_FAILED",
  "NO_HELLO",
  "NO_ENDPOINT",
  "NOT_READY",
]);

interface Made {
  readonly work: Work;
  readonly method: "once" | "again";
  readonly process: SimulatedProcess;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

/** What a call ended with. */
export interface Outcome {
  readonly made: Made;
  readonly error: RpcError | undefined;
}

/** Makes calls, and holds what they end with to the rules. */
export class Calls {
  readonly outcomes: Outcome[] = [];
  readonly #cluster: Cluster;
  readonly #ledger: Ledger;
  readonly #random: Random;
  readonly #pending = new Set<Made>();
  /** When a process that was stopped went on, in virtual ms. */
  readonly #wentOnAt = new Map<SimulatedProcess, number>();
  #nextLookMs = Number.POSITIVE_INFINITY;
  #made = 0;

  constructor(cluster: Cluster, ledger: Ledger) {
    this.#cluster = cluster;
    this.#ledger = ledger;
    this.#random = cluster.random("calls");
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
      timeoutMs,
      ...(random() < 0.1 ? { metadata: { tenant: work.token } } : {}),
      ...(random() < 0.2 ? { priority: pick<Priority>(random, ["critical", "normal", "sheddable"]) } : {}),
    };
    if (client === undefined || process.running !== "running") return;
    const controller = cancelAfterMs === undefined ? undefined : new AbortController();
    const deadlineMs = this.#cluster.nowMs + timeoutMs;
    const made: Made = { work, method, process, deadlineMs, signal: controller?.signal };
    const timer = controller && process.clock.setTimer(() => controller.abort(), cancelAfterMs ?? 0);
    this.#ledger.expect(work.token, method);
    this.#pending.add(made);
    this.#nextLookMs = Math.min(this.#nextLookMs, deadlineMs + graceMs);
    const configured = withOptions(client, { ...options, ...(controller && { signal: controller.signal }) });
    const settled = (answer: Done | undefined, error: unknown): void => {
      timer?.cancel();
      this.#settled(made, answer, error);
    };
    configured[method](work).then(
      (answer) => settled(answer, undefined),
      (error: unknown) => settled(undefined, error),
    );
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
    for (const { made, error } of this.outcomes) {
      const { token } = made.work;
      if (gentle && made.work.fails === "" && error !== undefined && ofLostConnections.has(error.reason))
        this.#ledger.violated(`${token} failed with ${error.reason} though servers only drained: ${error.message}`);
      const ran = this.#ledger.ran(token);
      if (error?.processed === "no" && ran > 0)
        this.#ledger.violated(`${token} failed with ${error.reason}, processed no, though its handler ran`);
      const listeners = made.signal === undefined ? 0 : getEventListeners(made.signal, "abort").length;
      if (listeners > 0) this.#ledger.violated(`${token} left ${listeners} listeners on its signal`);
    }
  }

  #patientUntil({ deadlineMs, process }: Made): number {
    return Math.max(deadlineMs, this.#wentOnAt.get(process) ?? 0) + graceMs;
  }

  #settled(made: Made, answer: Done | undefined, error: unknown): void {
    const { token, answerBytes, fails } = made.work;
    const say = (what: string): void => this.#ledger.violated(`${token}: ${what}`);
    this.#pending.delete(made);
    if (error !== undefined && !(error instanceof RpcError)) {
      say(`failed with ${String(error)}`);
      return;
    }
    this.outcomes.push({ made, error });
    const { nowMs } = this.#cluster;
    if (made.process.running !== "running") say(`settled in a process that is ${made.process.running}`);
    if (nowMs > this.#patientUntil(made)) say(`settled ${nowMs - made.deadlineMs} ms after its deadline`);
    const ran = this.#ledger.ran(token);
    if (answer !== undefined) {
      if (answer.token !== token) say(`got the answer of ${answer.token}`);
      if (answer.filler.length !== answerBytes) say(`got ${answer.filler.length} of ${answerBytes} bytes`);
      if (fails !== "") say("succeeded, though its handler threw");
      if (ran === 0) say("was answered, though no handler ran");
      return;
    }
    if (error === undefined) return;
    if (error.processed === "no" && ran > 0) say(`${error.reason}, processed no, though its handler ran`);
    if (error.processed === "yes" && ran === 0) say(`${error.reason}, processed yes, though no handler ran`);
    if (neverAmongFriends.has(error.reason)) say(`${error.reason}: ${error.message}`);
    if (error.reason !== asked) return;
    if ((error.details as { token?: string } | undefined)?.token !== token) say("got the error of another call");
    if (fails !== "aborted" && fails !== "unavailable") say("failed as it was not asked to");
  }
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
