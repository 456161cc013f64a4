import { RpcError } from "../contract/errors.js";
import type { ConnectionLimits } from "../contract/limits.js";
import type { PendingCall } from "./pending-call.js";
import type { WhenFull } from "./when-full.js";

/** Calls that were given up may stay in the list up to this many above those that wait. */
const maxGone = 64;

/** Calls that wait for the socket or for a place in flight, encoded already, first in first out and bounded. */
export class SendQueue {
  readonly #limits: ConnectionLimits;
  readonly #whenFull: WhenFull;
  readonly #endpoint: string;
  #calls: (PendingCall | undefined)[] = [];
  /** Calls before it have left. */
  #head = 0;
  #size = 0;
  #bytes = 0;
  /** Calls that wait for room, not encoded yet. */
  #line: Set<PendingCall> | undefined;

  constructor(limits: ConnectionLimits, whenFull: WhenFull, endpoint: string) {
    this.#limits = limits;
    this.#whenFull = whenFull;
    this.#endpoint = endpoint;
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Calls that wait for room. */
  get waiting(): number {
    return this.#line === undefined ? 0 : this.#line.size;
  }

  /** Whether a new call has to wait for room: `join` then, in place of `push`. */
  get mustWait(): boolean {
    return this.#whenFull === "wait" && (this.waiting > 0 || !this.#hasRoom);
  }

  get #hasRoom(): boolean {
    return this.#size < this.#limits.sendQueueEntries && this.#bytes < this.#limits.sendQueueBytes;
  }

  /** Lets a call wait for room, or settles it where too many do. */
  join(pending: PendingCall, now: number): void {
    this.#line ??= new Set();
    if (this.#line.size < this.#limits.sendQueueWaiters) this.#line.add(pending);
    else pending.fail(this.#tooManyWait(), now);
  }

  /** Takes the call out that has waited longest for room, where there is room now. */
  next(): PendingCall | undefined {
    if (this.waiting === 0 || !this.#hasRoom) return undefined;
    const [pending] = this.#line!;
    this.#line!.delete(pending!);
    return pending;
  }

  /** Puts a call in, or settles one: the oldest, or this one, as `whenFull` says. */
  push(pending: PendingCall, body: Buffer, now: number): void {
    // Who waits is let in while there is any room, so that the last may go above the bytes by its own length.
    const added = this.#whenFull === "wait" && this.#size > 0 ? 1 : body.length;
    while (this.#size >= this.#limits.sendQueueEntries || this.#bytes + added > this.#limits.sendQueueBytes) {
      if (this.#whenFull !== "evict" || this.#size === 0) {
        pending.fail(this.#full("QUEUE_FULL", "the newest call was refused"), now);
        return;
      }
      this.shift()!.fail(this.#full("QUEUE_EVICTED", "the oldest unwritten call made room for a newer one"), now);
    }
    pending.queuedBody = body;
    this.#calls.push(pending);
    this.#size++;
    this.#bytes += body.length;
  }

  /** Puts a call at the front: it was taken out, or never in, and could not be written. */
  putBack(pending: PendingCall, body: Buffer): void {
    pending.queuedBody = body;
    if (this.#head > 0) this.#calls[--this.#head] = pending;
    else this.#calls.unshift(pending);
    this.#size++;
    this.#bytes += body.length;
  }

  /** Bytes of the arguments of the oldest call. */
  get firstBytes(): number {
    while (this.#calls[this.#head]?.settled) this.#calls[this.#head++] = undefined;
    return this.#calls[this.#head]?.queuedBody?.length ?? 0;
  }

  /** Takes the oldest call out. */
  shift(): PendingCall | undefined {
    while (this.#head < this.#calls.length) {
      const pending = this.#calls[this.#head]!;
      // What has left must not be kept, with its arguments, by a place that is never used again.
      this.#calls[this.#head++] = undefined;
      if (pending.settled) continue;
      this.#forget(pending);
      this.#compact();
      return pending;
    }
    this.#compact();
    return undefined;
  }

  /** Lets go of a call that waits; call it before the call is settled. */
  remove(pending: PendingCall): void {
    if (pending.queuedBody === undefined) {
      // A getter of its arguments may give a call up while it is encoded: then it is nowhere yet.
      this.#line?.delete(pending);
      return;
    }
    this.#forget(pending);
    // While nothing can be written the head does not move: those given up must not gather behind it.
    if (this.#size > 0 && this.#calls.length - this.#head <= 2 * this.#size + maxGone) return;
    this.#calls = this.#calls.filter((call) => call !== undefined && call !== pending && !call.settled);
    this.#head = 0;
  }

  /** The calls that are in, oldest first. */
  values(): PendingCall[] {
    return this.#calls.slice(this.#head).filter((call) => call !== undefined && !call.settled) as PendingCall[];
  }

  /** Takes the oneway calls out, those that wait for room too. */
  takeOneways(): PendingCall[] {
    const waiting = this.#line === undefined ? this.values() : [...this.values(), ...this.#line];
    const oneways = waiting.filter(({ call }) => call.oneway);
    for (const pending of oneways) this.#line?.delete(pending);
    this.#calls = this.values().filter(({ call }) => !call.oneway);
    this.#head = 0;
    for (const pending of oneways) this.#letGo(pending);
    return oneways;
  }

  /** Takes all calls out. */
  takeAll(): PendingCall[] {
    const all: PendingCall[] = [];
    for (const pending of this.values()) {
      this.#letGo(pending);
      all.push(pending);
    }
    this.#calls = [];
    this.#head = 0;
    if (this.#line !== undefined) all.push(...this.#line);
    this.#line = undefined;
    return all;
  }

  /** What is let go to fail is not in the queue any more, though somebody may give it up before it has failed. */
  #letGo(pending: PendingCall): void {
    if (pending.queuedBody === undefined) return;
    this.#forget(pending);
    pending.queuedBody = undefined;
  }

  #forget(pending: PendingCall): void {
    this.#size--;
    this.#bytes -= pending.queuedBody?.length ?? 0;
  }

  /** Settled calls stay in the list until the head has passed them, so the list may not grow beyond what is in it for long. */
  #compact(): void {
    if (this.#size > 0 && (this.#head < 1_024 || this.#head * 2 < this.#calls.length)) return;
    this.#calls = this.#calls.slice(this.#head);
    this.#head = 0;
  }

  #tooManyWait(): RpcError {
    const message = `${this.#limits.sendQueueWaiters} calls wait for room in the send queue to ${this.#endpoint} (limits.sendQueueWaiters): await some before you make more`;
    return new RpcError("resource_exhausted", message, {
      reason: "QUEUE_FULL",
      processed: "no",
      endpoint: this.#endpoint,
    });
  }

  #full(reason: string, what: string): RpcError {
    const { sendQueueEntries, sendQueueBytes } = this.#limits;
    return new RpcError(
      "resource_exhausted",
      `the send queue to ${this.#endpoint} is full (limits.sendQueueEntries ${sendQueueEntries}, limits.sendQueueBytes ${sendQueueBytes}): ${what}`,
      { reason, processed: "no", endpoint: this.#endpoint },
    );
  }
}
