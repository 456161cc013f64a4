import { bind, type Call, type Client, currentCall, defineService, RpcError } from "@rpc/core";
import type { SimulatedProcess } from "@rpc/core/testing";
import { type Item, itemOf } from "./item.js";
import { ItemsInOrder } from "./items-in-order.js";
import type { Ledger } from "./ledger.js";
import { pauseOf } from "./pause-of.js";
import { asked } from "./work.js";

/** What a call with streams asks of its handler. */
export interface StreamWork {
  /** Names the call, and no other. */
  readonly token: string;
  /** Items of the result, and bytes of each. */
  readonly items: number;
  readonly itemBytes: number;
  /** A pause before so many of them, in ms; 0: none. */
  readonly pauseMs: number;
  /** How it fails behind its items, if it does. */
  readonly fails: "" | "throws" | "aborted" | "unavailable";
  /** Items that the caller will send, unless its source fails behind them. */
  readonly argumentItems: number;
  readonly argumentBytes: number;
  readonly sourceFails: boolean;
  /** The handler leaves the argument after so many. */
  readonly readAtMost: number;
  /** How long it takes for each, in ms. */
  readonly readPauseMs: number;
}

export interface Gathered {
  readonly token: string;
  readonly read: number;
}

export interface Streamer {
  watch(work: StreamWork): AsyncIterable<Item>;
  again(work: StreamWork): AsyncIterable<Item>;
  gather(work: StreamWork, items: AsyncIterable<Item>): Promise<Gathered>;
  talk(work: StreamWork, items: AsyncIterable<Item>): AsyncIterable<Item>;
}

export type StreamerClient = Client<Streamer>;

export const StreamerService = defineService<Streamer>("sim.Streamer", {
  watch: { stream: "server" },
  again: { stream: "server", idempotent: true },
  gather: { stream: "client" },
  talk: { stream: "duplex" },
});

/** Returns the service of one process. */
export function streamerOf(process: SimulatedProcess, ledger: Ledger) {
  const begin = (work: StreamWork): { call: Call | undefined; run: number } => {
    const call = currentCall();
    return { call, run: ledger.beginStream(work.token, process, call) };
  };
  async function* yielding(work: StreamWork, argument?: AsyncIterable<Item>): AsyncGenerator<Item> {
    const { call, run } = begin(work);
    ledger.producing(process, 1);
    const reading = argument && new Reading(work, process, ledger, argument);
    try {
      for (let n = 0; n < work.items; n++) {
        if (n % pauseEvery === 0) await pauseOf(process, work.pauseMs, call?.signal);
        if (n % 2 === 0) await reading?.next(call);
        yield itemOf(work.token, n, run, work.itemBytes);
      }
      await reading?.leave();
      fail(work);
    } finally {
      ledger.producing(process, -1);
    }
  }
  const reached = (work: StreamWork, argument?: AsyncIterable<Item>): AsyncGenerator<Item> => {
    ledger.reach(work.token);
    return yielding(work, argument);
  };
  return bind(StreamerService, {
    watch: (work) => reached(work),
    again: (work) => reached(work),
    talk: (work, items) => reached(work, items),
    async gather(work, items) {
      ledger.reach(work.token);
      const { call } = begin(work);
      const reading = new Reading(work, process, ledger, items);
      while (await reading.next(call));
      await reading.leave();
      fail(work);
      return { token: work.token, read: reading.read };
    },
  });
}

/** A handler pauses before every so many items. */
const pauseEvery = 4;

/** A handler that reads its argument. */
class Reading {
  read = 0;
  readonly #work: StreamWork;
  readonly #process: SimulatedProcess;
  readonly #items: AsyncIterator<Item>;
  readonly #order: ItemsInOrder;
  #over = false;

  constructor(work: StreamWork, process: SimulatedProcess, ledger: Ledger, items: AsyncIterable<Item>) {
    this.#work = work;
    this.#process = process;
    this.#items = items[Symbol.asyncIterator]();
    const { token, argumentItems, argumentBytes } = work;
    this.#order = new ItemsInOrder(ledger, `the handler of ${token}`, token, argumentItems, argumentBytes);
  }

  /** Reads an item. Resolves to whether there may be another. */
  async next(call: Call | undefined): Promise<boolean> {
    const { readAtMost, readPauseMs, sourceFails } = this.#work;
    if (this.#over || this.read >= readAtMost) return false;
    const { done, value } = await this.#items.next();
    if (done === true) {
      this.#over = true;
      this.#order.end(sourceFails);
      return false;
    }
    this.read++;
    this.#order.take(value);
    await pauseOf(this.#process, readPauseMs, call?.signal);
    return true;
  }

  async leave(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#items.return?.();
  }
}

function fail({ token, fails }: StreamWork): void {
  if (fails === "") return;
  if (fails === "throws") throw new Error(`as asked by ${token}`);
  throw new RpcError(fails, "as asked", { reason: asked, details: { token } });
}
