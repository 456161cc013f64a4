import type { Codec, DecodeLimits } from "../contract/codec.js";
import { RpcError } from "../contract/errors.js";
import { Flag, headerBytes } from "../wire/header.js";
import { protocolError } from "../wire/protocol-error.js";
import type { Link } from "./link.js";
import { LongItem } from "./long-item.js";
import { leastCreditBytes } from "./turns.js";
import { Unread } from "./unread.js";
import type { Windowed, Windows } from "./windows.js";

/** Bytes of the field that announces an item in parts. */
const totalFieldBytes = 4;

/** What a stream that is received asks of the call that it belongs to. */
export interface InflowOwner {
  /** An item came, or was taken. */
  moved: boolean;
  /** Tells the peer that it may send so many bytes more of the stream. */
  give(stream: Inflow, bytes: number): void;
  /** The reader has left before the end. */
  onLeft(stream: Inflow): void;
  /** An item cannot be had, for this reason. Returns the error that the reader gets in its place; the stream is over. */
  broken(stream: Inflow, cause: unknown): unknown;
}

interface Waiter {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/** How a stream ended: after what is unread, its reader hears of `error`, once, or that nothing follows. */
interface Over {
  error: unknown;
  failed: boolean;
}

/**
 * A stream that the peer sends. What arrives goes to the reader that waits for it, or waits for a reader, encoded; what
 * was taken gives the peer credit for more.
 */
export class Inflow implements Windowed {
  creditBytes: number;
  heldBytes = 0;
  windowBytes: number;
  reachBytes = 0;
  /** Which one of its call's: 0 the result. */
  readonly target: number;
  itemBytes = 0;
  /** Called when it is lost or given up before its end, whether anybody reads it or not. */
  onCut: ((error: unknown) => void) | undefined = undefined;
  /** Whether something of it is borrowed from what was read. */
  unsettled = false;
  readonly #link: Link;
  readonly #windows: Windows;
  readonly #owner: InflowOwner;
  readonly #codec: Codec;
  readonly #limits: DecodeLimits;
  readonly #ownedLimits: DecodeLimits;
  readonly #onUnsettled: (stream: Inflow) => void;
  readonly #unread = new Unread();
  #waiters: Waiter[] = [];
  #long: LongItem | undefined;
  #over: Over | undefined;

  /** `onUnsettled` is called when the stream holds a part of what was read, and wants `settle` to be called once that has been looked at. */
  constructor(
    link: Link,
    windows: Windows,
    owner: InflowOwner,
    codec: Codec,
    target: number,
    onUnsettled: (stream: Inflow) => void,
  ) {
    this.#link = link;
    this.#windows = windows;
    this.#owner = owner;
    this.#codec = codec;
    const { depth, elements } = link.limits;
    this.#limits = { depth, elements };
    this.#ownedLimits = { depth, elements, owned: true };
    this.#onUnsettled = onUnsettled;
    this.target = target;
    this.creditBytes = this.windowBytes = windows.firstBytes;
  }

  /** Whether no item comes any more, since it ended, failed or was left. */
  get over(): boolean {
    return this.#over !== undefined;
  }

  /** Whether its reader waits for an item. */
  get awaited(): boolean {
    return this.#waiters.length > 0;
  }

  /** Bytes that wait for a reader, of a stream that is over, too. */
  get unreadBytes(): number {
    return this.#unread.heldBytes;
  }

  get starved(): boolean {
    return this.#unread.empty;
  }

  /** Where the next bytes of the frame at hand are best read to, of which it lacks so many. */
  landing(frameBytes: number): Buffer | undefined {
    return this.#long?.landing(frameBytes);
  }

  /** Takes a frame, or a piece of one of which `restBytes` are missing. */
  take(flags: number, bytes: Buffer, start: number, end: number, restBytes: number, continued: boolean): void {
    const costBytes = continued ? end - start : headerBytes + end - start;
    if (this.#over !== undefined) {
      this.#windows.passOver(costBytes);
      return;
    }
    this.#windows.arrived(this, costBytes);
    this.#link.counters.streams.bytesIn += costBytes;
    if (this.#long !== undefined || restBytes > 0 || (flags & Flag.more) !== 0) {
      this.#takePart(flags, bytes, start, end, restBytes, costBytes);
      return;
    }
    this.itemBytes = end - start;
    this.#count();
    if (this.#waiters.length > 0) {
      this.#deliver(bytes, start, end, this.#limits);
      this.#windows.review(this);
      return;
    }
    const borrowed = bytes === this.#link.chunk;
    this.#unread.add(bytes, start, end, borrowed);
    this.#windows.hold(this, costBytes);
    if (borrowed && !this.unsettled) {
      this.unsettled = true;
      this.#onUnsettled(this);
    }
  }

  /** The peer has said that nothing follows. */
  finish(): void {
    if (this.#over !== undefined) return;
    if (this.#long !== undefined) throw protocolError("WRONG_LENGTH", "a stream ended within an item");
    this.#end(undefined, false);
  }

  /** It failed: the reader hears of it after what is unread. */
  fail(error: unknown): void {
    if (this.#over === undefined) this.#end(error, true);
  }

  /** It failed with the connection: as `fail`, and who does not read hears of it, too. */
  lose(error: unknown): void {
    if (this.#over !== undefined) return;
    this.#end(error, true);
    this.onCut?.(error);
  }

  /** It was given up on this side: what is unread is dropped, and the reader hears of the error now. */
  abort(error: unknown): void {
    if (this.#over !== undefined && this.#unread.empty) return;
    this.#unread.clear();
    if (this.#over === undefined) this.#end(error, true);
    else this.#over = { error, failed: true };
    this.#windows.end(this);
    this.onCut?.(error);
  }

  /** It counts no more among what the connection's streams hold. */
  close(): void {
    this.#windows.end(this);
  }

  /** What is borrowed is good no more. */
  settle(): void {
    this.unsettled = false;
    this.#unread.settle();
  }

  /** Returns the next item, as an iterator does. */
  next(): Promise<IteratorResult<unknown, undefined>> {
    if (!this.#unread.empty) return this.#takeUnread();
    if (this.#over !== undefined) return this.#afterEnd(this.#over);
    const result = new Promise<IteratorResult<unknown, undefined>>((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
    if (this.#long !== undefined) this.#wantWhole(this.#long);
    return result;
  }

  /** The reader wants no more. */
  leave(): void {
    if (this.#over !== undefined) {
      this.#unread.clear();
      this.#over.failed = false;
      this.#windows.end(this);
      return;
    }
    this.#unread.clear();
    this.#end(undefined, false);
    this.#windows.end(this);
    this.#owner.onLeft(this);
  }

  give(bytes: number): void {
    this.#owner.give(this, bytes);
  }

  letIn(): void {
    const long = this.#long!;
    long.letIn = true;
    this.#windows.release(this, long.costBytes);
    long.costBytes = 0;
    this.#giveMissing(long);
  }

  #takeUnread(): Promise<IteratorResult<unknown, undefined>> {
    const unread = this.#unread;
    unread.take();
    this.#owner.moved = true;
    this.#windows.release(this, unread.costBytes);
    let value: unknown;
    try {
      value = this.#codec.decode(
        unread.bytes,
        unread.start,
        unread.end,
        unread.owned ? this.#ownedLimits : this.#limits,
      );
    } catch (cause) {
      unread.clear();
      return Promise.reject(this.#break(cause));
    }
    if (unread.empty) unread.forget();
    if (this.#over === undefined) this.#windows.review(this);
    else if (unread.empty) this.#windows.end(this);
    else this.#windows.giveBack();
    return Promise.resolve({ value, done: false });
  }

  #afterEnd(over: Over): Promise<IteratorResult<unknown, undefined>> {
    if (!over.failed) return Promise.resolve({ value: undefined, done: true });
    over.failed = false;
    return Promise.reject(over.error);
  }

  #takePart(flags: number, bytes: Buffer, start: number, end: number, restBytes: number, costBytes: number): void {
    let at = start;
    if (this.#long === undefined) {
      at = this.#beginLong(flags, bytes, start, end, restBytes);
      if (this.#over !== undefined) return;
    } else if (start === end) {
      this.#link.rates.count("frames that say nothing", this.#link.readAt);
    }
    const long = this.#long!;
    this.itemBytes = long.totalBytes;
    long.frameRestBytes = restBytes;
    long.add(bytes, at, end, Math.max(this.creditBytes, this.windowBytes));
    if (long.over) return;
    if (long.letIn) {
      this.#windows.progressed();
    } else {
      long.costBytes += costBytes;
      this.#windows.hold(this, costBytes);
    }
    if (restBytes === 0 && (flags & Flag.more) === 0) this.#endLong(long);
    else if (this.#waiters.length > 0) this.#wantWhole(long);
  }

  /** Begins an item that does not come at once; returns where it begins. */
  #beginLong(flags: number, bytes: Buffer, start: number, end: number, restBytes: number): number {
    if ((flags & Flag.more) === 0) {
      this.#long = new LongItem(end - start + restBytes, undefined, nothing);
      return start;
    }
    if (end - start < totalFieldBytes) throw protocolError("MALFORMED_FRAME", "a frame ends inside its fields");
    const totalBytes = bytes.readUInt32BE(start);
    const { messageBytes } = this.#link.limits;
    if (totalBytes > messageBytes) {
      const message = `an item has ${totalBytes} bytes, above limits.messageBytes ${messageBytes}`;
      this.fail(this.#owner.broken(this, new RpcError("resource_exhausted", message, { reason: "MESSAGE_TOO_LARGE" })));
      return start;
    }
    this.#long = new LongItem(totalBytes, this.#link.partials, () => {
      const message = "there is no room for a further item in parts (partialBytes)";
      this.fail(this.#owner.broken(this, new RpcError("resource_exhausted", message, { reason: "PARTIAL_LIMIT" })));
    });
    return start + totalFieldBytes;
  }

  #endLong(long: LongItem): void {
    if (long.missingBytes > 0) throw protocolError("WRONG_LENGTH", "an item in parts is shorter than was announced");
    this.#dropLong();
    this.#count();
    if (this.#waiters.length > 0) {
      this.#windows.release(this, long.costBytes);
      this.#deliver(long.bytes, 0, long.totalBytes, this.#ownedLimits);
      this.#windows.review(this);
    } else {
      this.#unread.addAlone(long.bytes.subarray(0, long.totalBytes), Math.max(1, long.costBytes));
    }
  }

  #dropLong(): void {
    const long = this.#long;
    if (long === undefined) return;
    this.#long = undefined;
    long.end();
    if (long.asked) this.#windows.whole(this, long.totalBytes, long.letIn);
  }

  /** A reader waits for an item of which a part has come: asks for the rest, where the stream's window is too small for it. */
  #wantWhole(long: LongItem): void {
    if (long.letIn) {
      // With less than this its sender waits: parts that were smaller than full ones have used up what was given for headers.
      if (this.creditBytes < Math.min(needed(long), leastCreditBytes)) this.#giveMissing(long);
      return;
    }
    if (long.asked || this.creditBytes >= needed(long)) return;
    long.asked = true;
    this.#windows.wantWhole(this, long.totalBytes);
  }

  #giveMissing(long: LongItem): void {
    const bytes = needed(long) - this.creditBytes;
    if (bytes > 0) this.#windows.giveWhole(this, bytes);
  }

  #deliver(bytes: Buffer, start: number, end: number, limits: DecodeLimits): void {
    const waiter = this.#waiters.shift()!;
    let value: unknown;
    try {
      value = this.#codec.decode(bytes, start, end, limits);
    } catch (cause) {
      waiter.reject(this.#break(cause));
      return;
    }
    waiter.resolve({ value, done: false });
  }

  /** An item cannot be decoded: nothing behind it is delivered. */
  #break(cause: unknown): unknown {
    const error = this.#owner.broken(this, cause);
    if (this.#over === undefined) this.#end(undefined, false);
    else this.#over.failed = false;
    this.#windows.end(this);
    return error;
  }

  #end(error: unknown, failed: boolean): void {
    this.#dropLong();
    const over: Over = { error, failed };
    this.#over = over;
    // Its share of the windows is for those that go on.
    if (this.#unread.empty) this.#windows.end(this);
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      if (over.failed) {
        over.failed = false;
        waiter.reject(error);
      } else {
        waiter.resolve({ value: undefined, done: true });
      }
    }
  }

  #count(): void {
    this.#link.counters.streams.itemsIn++;
    this.#owner.moved = true;
  }
}

/** What the rest of an item counts, in frames that are full; that of the frame at hand counts no header any more. */
function needed({ missingBytes, frameRestBytes }: LongItem): number {
  return missingBytes + headerBytes * Math.ceil((missingBytes - frameRestBytes) / partBytes);
}

/** What our own parts hold at least, where credit does not make them smaller: a part also fits into a block. */
const partBytes = 65_536 - headerBytes;
function nothing(): void {}
