import { getEventListeners } from "node:events";
import { type Random, RpcError, withOptions } from "@rpc/core";
import type { Cluster, SimulatedProcess } from "@rpc/core/testing";
import { type Item, itemOf } from "./item.js";
import { ItemsInOrder } from "./items-in-order.js";
import type { Ledger } from "./ledger.js";
import { neverAmongFriends } from "./never-among-friends.js";
import { pauseOf } from "./pause-of.js";
import { between, pick } from "./plan.js";
import type { StreamerClient, StreamWork } from "./stream-work.js";
import { asked } from "./work.js";

/** How much later than its deadline a call may end, in ms. */
const graceMs = 25;

/** What the source of an argument throws, where it was asked to. */
const sourceFailed = new Error("the source fails, as asked");

/** A call with streams that was made. */
interface MadeStream {
  readonly work: StreamWork;
  readonly kind: "watch" | "again" | "gather" | "talk";
  readonly process: SimulatedProcess;
  readonly deadlineMs: number;
  /** The caller leaves the result after so many items. */
  readonly leavesAfter: number;
  /** How long the caller takes for each, in ms. */
  readonly readPauseMs: number;
  readonly signal: AbortSignal | undefined;
  /** How many items of its result were read. */
  read: number;
}

/** Makes calls with streams, reads them and holds them to the rules. */
export class StreamCalls {
  readonly endings: Record<string, number> = {};
  readonly #cluster: Cluster;
  readonly #ledger: Ledger;
  readonly #random: Random;
  readonly #pending = new Set<MadeStream>();
  /** When a process that was stopped went on, in virtual ms. */
  readonly #wentOnAt = new Map<SimulatedProcess, number>();
  readonly #over: { readonly made: MadeStream; readonly error: RpcError | undefined }[] = [];
  #made = 0;

  constructor(cluster: Cluster, ledger: Ledger) {
    this.#cluster = cluster;
    this.#ledger = ledger;
    this.#random = cluster.random("streams");
  }

  get pending(): number {
    return this.#pending.size;
  }

  get made(): number {
    return this.#made;
  }

  /** Makes a call from a process that is running. Draws the same numbers whether it is or not. */
  make(process: SimulatedProcess, client: StreamerClient | undefined): void {
    const random = this.#random;
    const work = workOf(random, `s${++this.#made}`);
    const timeoutMs = random() < 0.3 ? pick(random, [3, 60, 500, 4_000]) : undefined;
    const cancelAfterMs = random() < 0.1 ? random() * 200 : undefined;
    const drawn = {
      kind: pick(random, ["watch", "watch", "again", "gather", "talk"] as const),
      leavesAfter: random() < 0.15 ? between(random, 0, work.items) : Number.POSITIVE_INFINITY,
      readPauseMs: random() < 0.7 ? 0 : pick(random, [1, 5, 50]),
    };
    if (client === undefined || process.running !== "running") return;
    const controller = cancelAfterMs === undefined ? undefined : new AbortController();
    const signal = controller?.signal;
    const deadlineMs = timeoutMs === undefined ? Number.POSITIVE_INFINITY : this.#cluster.nowMs + timeoutMs;
    const made: MadeStream = { work, process, deadlineMs, signal, read: 0, ...drawn };
    const timer = controller && process.clock.setTimer(() => controller.abort(), cancelAfterMs ?? 0);
    timer?.unref();
    this.#ledger.expect(work.token, made.kind === "again" ? "again" : "once");
    this.#pending.add(made);
    const configured = withOptions(client, { timeoutMs, signal });
    const running = made.kind === "gather" ? this.#gather(made, configured) : this.#read(made, configured);
    void running
      .then(
        () => this.#ended(made, undefined),
        (thrown: unknown) => this.#ended(made, thrown),
      )
      .finally(() => timer?.cancel());
  }

  /** Calls of a process that crashed end for nobody. */
  forget(process: SimulatedProcess): void {
    for (const made of this.#pending) if (made.process === process) this.#pending.delete(made);
  }

  wentOn(process: SimulatedProcess): void {
    this.#wentOnAt.set(process, this.#cluster.nowMs);
  }

  /** What can only be said when nothing more will run. */
  atEnd(gentle: boolean): void {
    for (const { made, error } of this.#over) {
      const { token, fails } = made.work;
      const ran = this.#ledger.ran(token);
      if (error?.processed === "no" && ran > 0)
        this.#ledger.violated(`${token} failed with ${error.reason}, processed no, though its handler ran`);
      if (gentle && fails === "" && error !== undefined && error.reason === "CONNECTION_LOST")
        this.#ledger.violated(`${token} failed with ${error.reason} though servers only drained: ${error.message}`);
      const listeners = made.signal === undefined ? 0 : getEventListeners(made.signal, "abort").length;
      if (listeners > 0) this.#ledger.violated(`${token} left ${listeners} listeners on its signal`);
    }
  }

  async #read(made: MadeStream, client: StreamerClient): Promise<void> {
    const { work, kind, leavesAfter, readPauseMs, process } = made;
    const order = new ItemsInOrder(this.#ledger, `the caller of ${work.token}`, work.token, work.items, work.itemBytes);
    const stream = kind === "talk" ? client.talk(work, this.#source(made)) : client[kind as "watch" | "again"](work);
    let thrown: unknown;
    for (;;) {
      if (made.read >= leavesAfter) {
        await stream.return();
        break;
      }
      const next = await stream.next().catch((error: unknown) => {
        thrown = error;
      });
      if (next === undefined) break;
      if (next.done === true) {
        order.end(work.fails !== "");
        break;
      }
      order.take(next.value);
      made.read++;
      await pauseOf(process, readPauseMs, undefined);
    }
    const after = await stream.next();
    if (after.done !== true) this.#ledger.violated(`${work.token} goes on behind its end`);
    if (thrown !== undefined) throw thrown;
  }

  async #gather(made: MadeStream, client: StreamerClient): Promise<void> {
    const { work } = made;
    const { token, argumentItems, readAtMost, sourceFails, fails } = work;
    const gathered = await client.gather(work, this.#source(made));
    if (gathered.token !== token) this.#ledger.violated(`${token} got the answer of ${gathered.token}`);
    if (gathered.read !== Math.min(argumentItems, readAtMost))
      this.#ledger.violated(`${token}: its handler read ${gathered.read} of ${argumentItems} items`);
    if (fails !== "") this.#ledger.violated(`${token} succeeded, though its handler threw`);
    if (sourceFails && readAtMost > argumentItems)
      this.#ledger.violated(`${token} succeeded, though its source threw before its handler had read enough`);
  }

  async *#source({ work, process }: MadeStream): AsyncGenerator<Item> {
    this.#ledger.producing(process, 1);
    try {
      for (let n = 0; n < work.argumentItems; n++) yield itemOf(work.token, n, 0, work.argumentBytes);
      if (work.sourceFails) throw sourceFailed;
    } finally {
      this.#ledger.producing(process, -1);
    }
  }

  #ended(made: MadeStream, thrown: unknown): void {
    // Nobody hears what comes of it in a process that is gone.
    if (!this.#pending.delete(made)) return;
    const { work, deadlineMs, readPauseMs } = made;
    const say = (what: string): void => this.#ledger.violated(`${work.token}: ${what}`);
    if (thrown !== undefined && !(thrown instanceof RpcError)) {
      say(`failed with ${String(thrown)}`);
      return;
    }
    const ending = `stream ${thrown?.reason ?? "ok"}`;
    this.endings[ending] = (this.endings[ending] ?? 0) + 1;
    this.#over.push({ made, error: thrown });
    const lateMs =
      this.#cluster.nowMs - Math.max(deadlineMs, this.#wentOnAt.get(made.process) ?? 0) - graceMs - readPauseMs;
    if (lateMs > 0) say(`ended ${lateMs} ms too late`);
    if (thrown !== undefined) for (const broken of this.#judge(made, thrown)) say(broken);
  }

  #judge({ work, kind, read }: MadeStream, { reason, processed, details, message, cause }: RpcError): string[] {
    const { token, items, fails, sourceFails } = work;
    const ran = this.#ledger.ran(token);
    const broken: string[] = [];
    if (processed === "no" && (ran > 0 || read > 0)) broken.push(`${reason}, processed no, though its handler ran`);
    if (processed === "yes" && !this.#ledger.reached(token))
      broken.push(`${reason}, processed yes, though no handler ran`);
    if (neverAmongFriends.has(reason)) broken.push(`${reason}: ${message}`);
    if (reason === "ARGUMENT_STREAM_FAILED" && !(sourceFails && cause === sourceFailed))
      broken.push(`${reason} by ${String(cause)}`);
    if (reason !== asked) return broken;
    if ((details as { token?: string } | undefined)?.token !== token) broken.push("got the error of another call");
    if (fails !== "aborted" && fails !== "unavailable") broken.push("failed as it was not asked to");
    if (kind !== "gather" && read !== items) broken.push(`failed as asked behind ${read} of ${items} items`);
    return broken;
  }
}

function workOf(random: Random, token: string): StreamWork {
  const bytes = (): number => {
    const size = random();
    if (size < 0.8) return between(random, 0, 100);
    return size < 0.95 ? between(random, 1_000, 20_000) : between(random, 65_000, 200_000);
  };
  const itemBytes = bytes();
  const argumentBytes = bytes();
  // Few large ones, many small ones: a seed takes its time as it is.
  const count = (each: number): number =>
    between(random, 0, each > 20_000 ? 4 : each > 100 ? 30 : pick(random, [3, 40, 400]));
  const fate = random();
  const argumentItems = count(argumentBytes);
  return {
    token,
    items: count(itemBytes),
    itemBytes,
    pauseMs: random() < 0.7 ? 0 : pick(random, [1, 10, 60]),
    fails: fate < 0.05 ? "throws" : fate < 0.1 ? "aborted" : fate < 0.13 ? "unavailable" : "",
    argumentItems,
    argumentBytes,
    sourceFails: random() < 0.1,
    readAtMost: random() < 0.2 ? between(random, 0, argumentItems) : Number.POSITIVE_INFINITY,
    readPauseMs: random() < 0.8 ? 0 : pick(random, [1, 5]),
  };
}
