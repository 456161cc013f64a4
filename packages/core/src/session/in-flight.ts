import type { Call, Carrier, Receiver } from "../contract/call.js";
import { PendingCall, type QueueOwner, settle, type Tracker } from "./pending-call.js";
import type { RemoteMethod } from "./remote-service.js";

/** The first size of the table; it doubles while it is more than half full. Small, since most connections of a server are idle. */
const firstCapacity = 8;
const lastId = 0xffff_ffff;
/** Ids kept in hand at the end of the range, so that a connection can be replaced before they are gone. */
const reserve = 1_000_000;

/**
 * Calls that were written and have no answer yet, by their ids. Ids go up and are never given out twice; the slot is
 * `id & mask` and remembers the whole id, and an id whose slot is taken is skipped. Two different ids of a small table
 * never meet in a larger one, so growing is a copy. What is known of a call stands in columns: an object for each would
 * be copied by the collector while ten thousand wait.
 */
export class InFlight {
  readonly #owner: Carrier & QueueOwner;
  #columns = new Columns(firstCapacity);
  #mask = firstCapacity - 1;
  #next: number;
  #size = 0;

  /** `owner` carries the calls: it is asked to give them up, and finds them by `carriedAs`. */
  constructor(owner: Carrier & QueueOwner, firstId = 1) {
    this.#owner = owner;
    this.#next = firstId;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether so few ids are left that the connection should be replaced. */
  get nearlyExhausted(): boolean {
    return this.#next > lastId - reserve;
  }

  /** Whether an id was ever given out. */
  issued(id: number): boolean {
    return id !== 0 && id < this.#next;
  }

  /** Returns an id that takes no slot. */
  skip(): number {
    return this.#next++;
  }

  /** Puts a call in, which is not written yet, and returns its id. */
  add(call: Call, remote: RemoteMethod, tracker: Tracker | undefined, receiver: Receiver): number {
    if (this.#size > this.#mask >>> 1) this.#grow();
    const { ids, calls, remotes, trackers, receivers, writtenAt } = this.#columns;
    let id = this.#next;
    while (calls[id & this.#mask] !== undefined) id++;
    this.#next = id + 1;
    const slot = id & this.#mask;
    ids[slot] = id;
    calls[slot] = call;
    remotes[slot] = remote;
    trackers[slot] = tracker;
    receivers[slot] = isItself(call, receiver) ? undefined : receiver;
    writtenAt[slot] = -1;
    this.#size++;
    call.carrier = this.#owner;
    call.carriedAs = id;
    return id;
  }

  /** A call that is in was written, at `now`. */
  written(id: number, now: number): void {
    this.#columns.writtenAt[id & this.#mask] = now;
  }

  get(id: number): Call | undefined {
    const slot = id & this.#mask;
    return this.#columns.ids[slot] === id ? this.#columns.calls[slot] : undefined;
  }

  /** The method of a call that is in. */
  remoteOf(id: number): RemoteMethod {
    return this.#columns.remotes[id & this.#mask]!;
  }

  /** When a call that is in was written, in ms on the clock. */
  writtenAt(id: number): number {
    return this.#columns.writtenAt[id & this.#mask]!;
  }

  /** When the oldest of the calls that were written after `since` was, in ms on the clock; Infinity where there is none. */
  oldestWrittenAt(since: number): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const [slot, at] of this.#columns.writtenAt.entries()) {
      if (at > since && at < oldest && this.#columns.calls[slot] !== undefined) oldest = at;
    }
    return oldest;
  }

  /** Takes a call out and tells its receiver what came of it. Does nothing where it is not in. */
  succeed(id: number, output: unknown, now: number): void {
    const call = this.get(id);
    if (call === undefined) return;
    const slot = id & this.#mask;
    const { remotes, trackers, receivers, writtenAt } = this.#columns;
    const receiver = receivers[slot] ?? (call as Call & Receiver);
    this.#free(call, slot);
    settle(call, remotes[slot]!, trackers[slot], writtenAt[slot]!, undefined, now);
    receiver.succeed(output);
  }

  /** Takes a call out that shall fail. Returns undefined where it is not in. */
  take(id: number): PendingCall | undefined {
    const call = this.get(id);
    if (call === undefined) return undefined;
    const slot = id & this.#mask;
    const { remotes, trackers, receivers, writtenAt } = this.#columns;
    const pending = new PendingCall(
      this.#owner,
      call,
      remotes[slot]!,
      trackers[slot],
      receivers[slot] ?? (call as Call & Receiver),
    );
    pending.writtenAt = writtenAt[slot]!;
    this.#free(call, slot);
    return pending;
  }

  /** Takes a call out of which nothing was written. An id that nobody has seen is given out again, where none came behind it. */
  takeBack(id: number): PendingCall | undefined {
    const pending = this.take(id);
    if (pending !== undefined && this.#next === id + 1) this.#next = id;
    return pending;
  }

  /** The ids of the calls that are in; of one tracker, where one is given. */
  ids(tracker?: Tracker): number[] {
    const { ids, calls, trackers } = this.#columns;
    const found: number[] = [];
    for (const [slot, call] of calls.entries()) {
      if (call !== undefined && (tracker === undefined || trackers[slot] === tracker)) found.push(ids[slot]!);
    }
    return found;
  }

  /** Lets go of a table that many calls made large, where none is in it: for connections that fell idle. */
  trim(): void {
    if (this.#size > 0) return;
    this.#columns = new Columns(firstCapacity);
    this.#mask = firstCapacity - 1;
  }

  #free(call: Call, slot: number): void {
    const { ids, calls, receivers } = this.#columns;
    calls[slot] = undefined;
    receivers[slot] = undefined;
    this.#size--;
    // Another attempt may have it by now.
    if (call.carrier === this.#owner && call.carriedAs === ids[slot]) call.carrier = undefined;
  }

  #grow(): void {
    const before = this.#columns;
    this.#mask = this.#mask * 2 + 1;
    this.#columns = new Columns(this.#mask + 1);
    for (const [slot, call] of before.calls.entries()) {
      if (call !== undefined) this.#columns.copy(before, slot, before.ids[slot]! & this.#mask);
    }
  }
}

/** What is known of each call, one array for each thing. A slot is free where it has no call. */
class Columns {
  readonly ids: Uint32Array;
  readonly calls: (Call | undefined)[];
  readonly remotes: (RemoteMethod | undefined)[];
  readonly trackers: (Tracker | undefined)[];
  /** Undefined where the call is told itself, as a client's is: what refers to few new objects is cheap to collect. */
  readonly receivers: (Receiver | undefined)[];
  /** In ms on the clock; −1 while it is not written. */
  readonly writtenAt: Float64Array;

  constructor(capacity: number) {
    this.ids = new Uint32Array(capacity);
    this.calls = empty(capacity);
    this.remotes = empty(capacity);
    this.trackers = empty(capacity);
    this.receivers = empty(capacity);
    this.writtenAt = new Float64Array(capacity);
  }

  copy(from: Columns, source: number, target: number): void {
    this.ids[target] = from.ids[source]!;
    this.calls[target] = from.calls[source];
    this.remotes[target] = from.remotes[source];
    this.trackers[target] = from.trackers[source];
    this.receivers[target] = from.receivers[source];
    this.writtenAt[target] = from.writtenAt[source]!;
  }
}

function isItself(call: Call, receiver: Receiver): boolean {
  return (receiver as Receiver & Call) === call;
}

function empty<T>(capacity: number): (T | undefined)[] {
  return new Array<T | undefined>(capacity).fill(undefined);
}
