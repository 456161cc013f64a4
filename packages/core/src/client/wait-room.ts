import type { Call, Carrier, Invoke } from "../contract/call.js";
import { type Processed, RpcError } from "../contract/errors.js";

/** A call that waits for a connection. */
class Waiting implements Carrier {
  readonly call: Call;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly #room: Set<Waiting>;

  constructor(call: Call, room: Set<Waiting>, resolve: (output: unknown) => void, reject: (error: unknown) => void) {
    this.call = call;
    this.#room = room;
    this.resolve = resolve;
    this.reject = reject;
  }

  giveUp(error: RpcError): Processed {
    this.#room.delete(this);
    this.reject(error);
    return "no";
  }
}

/** Calls that wait until an endpoint is ready, bounded, first in first out. */
export class WaitRoom {
  readonly #maxEntries: number;
  readonly #waiting = new Set<Waiting>();

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Lets a call wait. When the room is full the oldest call fails. */
  wait(call: Call): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.size >= this.#maxEntries) this.#evict(call);
      const waiting = new Waiting(call, this.#waiting, resolve, reject);
      call.carrier = waiting;
      this.#waiting.add(waiting);
    });
  }

  /** Sends all that wait on their way. */
  release(invoke: Invoke): void {
    for (const { call, resolve } of this.#takeAll()) resolve(invoke(call));
  }

  /** Fails all that wait. */
  fail(error: (call: Call) => RpcError): void {
    for (const { call, reject } of this.#takeAll()) reject(error(call));
  }

  #takeAll(): Waiting[] {
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const { call } of all) call.carrier = undefined;
    return all;
  }

  #evict(call: Call): void {
    const [oldest] = this.#waiting;
    oldest?.giveUp(
      new RpcError(
        "resource_exhausted",
        `more than ${this.#maxEntries} calls wait for an instance of ${call.method.service} (limits.sendQueueEntries): the oldest made room for a newer one`,
        { reason: "QUEUE_EVICTED", processed: "no" },
      ),
    );
  }
}
