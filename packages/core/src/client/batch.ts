import type { NestedCall } from "../contract/call.js";
import type { Batched } from "../contract/client.js";
import type { Clock } from "../contract/clock.js";
import { RpcError } from "../contract/errors.js";
import { checkOptions, type OptionKinds } from "../service/check-options.js";
import { type BatchCalls, checkTimeoutMs, defaultTimeoutMs } from "./call-options.js";
import { inBatch } from "./create-client.js";
import { type Abortable, forgetAbort, tellAbort } from "./on-abort.js";

/** Options of a batch. */
export interface BatchOptions {
  /** How long its calls may take, all from the same moment, in ms; an earlier deadline of a call's own counts. Defaults to 10 000. */
  readonly timeoutMs?: number | undefined;
  /** Cancels all its calls, beside the signals that their clients have. */
  readonly signal?: AbortSignal | undefined;
}

/** The outcome of each call, in the order of the list that the builder returned. */
export type Outcomes<Calls extends readonly unknown[]> = {
  -readonly [K in keyof Calls]: PromiseSettledResult<Awaited<Calls[K]>>;
};

const kinds: OptionKinds = { timeoutMs: "any", signal: "any" };

/**
 * Makes independent calls together: `batch({ timeoutMs: 50 }, (on) => [on(prices).of("tea"), on(stock).count("tea")])`.
 * They are made in one turn, so that those to one connection leave in one write; they share a deadline; and each has an
 * outcome of its own, whatever becomes of the others. Resolves once all have settled, which their deadline sees to; what is
 * chained behind a call counts to its outcome. Where the builder throws, what it began is cancelled, and the batch rejects
 * with what was thrown. Rejects with a TypeError where it returns no list.
 */
export async function batch<const Calls extends readonly unknown[]>(
  options: BatchOptions,
  build: (on: <C extends object>(client: C) => Batched<C>) => Calls,
): Promise<Outcomes<Calls>> {
  const calls = new Batch(options);
  if (typeof build !== "function")
    throw new TypeError(
      "batch wants options, then a function that makes the calls: batch({}, (on) => [on(client).x()])",
    );
  let built: Calls;
  try {
    built = build((client) => inBatch(client, calls, options.signal));
    if (!Array.isArray(built))
      throw new TypeError("batch: the builder must return a list of calls, and no promise of one");
  } catch (thrown) {
    calls.abandon(thrown);
    throw thrown;
  } finally {
    calls.built = true;
  }
  return (await calls.settled(built)) as Outcomes<Calls>;
}

/** The calls of a batch, as the clients see it that make them. */
class Batch implements BatchCalls, Abortable {
  /** The builder has returned: no more calls are made. */
  built = false;
  readonly #timeoutMs: number;
  readonly #until = new Map<Clock, number>();
  readonly #begun: NestedCall[] = [];
  readonly #signal: AbortSignal | undefined;

  constructor(options: BatchOptions) {
    checkOptions("batch", options, kinds);
    const { timeoutMs = defaultTimeoutMs, signal } = options;
    if (signal !== undefined && !(signal instanceof AbortSignal))
      throw new TypeError("batch: signal must be an AbortSignal");
    this.#timeoutMs = checkTimeoutMs(timeoutMs);
    this.#signal = signal;
  }

  /** Returns the deadline of all calls that are timed by this clock. */
  until(clock: Clock): number {
    let until = this.#until.get(clock);
    if (until === undefined) {
      until = clock.now() + this.#timeoutMs;
      this.#until.set(clock, until);
    }
    return until;
  }

  add(call: NestedCall, answer: Promise<unknown>): void {
    this.#begun.push(call);
    // The builder may leave a call out of its list, or throw before it returns one: nobody else would look then.
    answer.catch(() => {});
  }

  /** Resolves to what became of everything that was built, which the batch's signal may end. */
  async settled(built: readonly unknown[]): Promise<PromiseSettledResult<unknown>[]> {
    const signal = this.#signal;
    if (signal === undefined) return Promise.allSettled(built);
    tellAbort(signal, this);
    // The builder may have aborted it.
    if (signal.aborted) this.onAbort();
    try {
      return await Promise.allSettled(built);
    } finally {
      forgetAbort(signal, this);
    }
  }

  /** Called by the batch's signal: a call whose client has one of its own hears of no other. */
  onAbort(): void {
    for (const call of this.#begun) call.abandon(this.#signal?.reason);
  }

  abandon(cause: unknown): void {
    const reason = new RpcError("cancelled", "the builder of the batch threw", { reason: "CANCELLED", cause });
    for (const call of this.#begun) call.abandon(reason);
  }
}
