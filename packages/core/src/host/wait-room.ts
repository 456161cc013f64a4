import type { Call, Carrier, Invoke } from "../contract/call.js";
import { type Processed, RpcError } from "../contract/errors.js";
import type { ConnectionLimits } from "../contract/limits.js";
import type { WhenFull } from "../session/when-full.js";

/** A call that waits for a connection. */
class Waiting implements Carrier {
  readonly call: Call;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly #room: Set<Waiting>;
  readonly #why: (() => string) | undefined;

  constructor(
    call: Call,
    room: Set<Waiting>,
    why: (() => string) | undefined,
    resolve: (output: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    this.call = call;
    this.#room = room;
    this.#why = why;
    this.resolve = resolve;
    this.reject = reject;
  }

  giveUp(error: RpcError): Processed {
    this.#room.delete(this);
    if (this.call.carrier === this) this.call.carrier = undefined;
    // Its own patience was shorter than ours: all the same it should hear what it waited for.
    if (error.code === "deadline_exceeded" && this.#why !== undefined) error.message += `: ${this.#why()}`;
    this.reject(error);
    return "no";
  }
}

/** Calls that wait until an endpoint is ready, bounded, first in first out. */
export class WaitRoom {
  readonly #maxEntries: number;
  readonly #whenFull: WhenFull;
  readonly #why: (() => string) | undefined;
  readonly #waiting = new Set<Waiting>();

  /** `why` says what calls wait for. */
  constructor(
    { sendQueueEntries, sendQueueWaiters }: Pick<ConnectionLimits, "sendQueueEntries" | "sendQueueWaiters">,
    whenFull: WhenFull = "evict",
    why?: () => string,
  ) {
    this.#maxEntries = whenFull === "wait" ? sendQueueEntries + sendQueueWaiters : sendQueueEntries;
    this.#whenFull = whenFull;
    this.#why = why;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Lets a call wait. When the room is full the oldest call fails, or this one does, as `whenFull` says. */
  wait(call: Call): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.size >= this.#maxEntries) {
        if (this.#whenFull !== "evict") {
          reject(this.#full(call, "QUEUE_FULL", "this one was refused"));
          return;
        }
        const [oldest] = this.#waiting;
        oldest?.giveUp(this.#full(call, "QUEUE_EVICTED", "the oldest made room for a newer one"));
      }
      const waiting = new Waiting(call, this.#waiting, this.#why, resolve, reject);
      call.carrier = waiting;
      this.#waiting.add(waiting);
    });
  }

  /** Sends all that wait on their way. */
  release(invoke: Invoke): void {
    for (const { call, resolve } of this.#takeAll()) resolve(invoke(call));
  }

  /** Whether one of those that wait is such a call. */
  some(which: (call: Call) => boolean): boolean {
    for (const { call } of this.#waiting) if (which(call)) return true;
    return false;
  }

  /** Fails all that wait, or such calls among them. */
  fail(error: (call: Call) => RpcError, which: (call: Call) => boolean = () => true): void {
    for (const { call, reject } of this.#takeAll(which)) reject(error(call));
  }

  #takeAll(which: (call: Call) => boolean = () => true): Waiting[] {
    const all = [...this.#waiting].filter(({ call }) => which(call));
    for (const waiting of all) {
      this.#waiting.delete(waiting);
      waiting.call.carrier = undefined;
    }
    return all;
  }

  #full(call: Call, reason: string, what: string): RpcError {
    const options =
      this.#whenFull === "wait" ? "limits.sendQueueEntries and limits.sendQueueWaiters" : "limits.sendQueueEntries";
    return new RpcError(
      "resource_exhausted",
      `more than ${this.#maxEntries} calls wait for an instance of ${call.method.service} (${options}): ${what}`,
      { reason, processed: "no" },
    );
  }
}
