import { landingBytes } from "../wire/frame-reader.js";
import { Flag, headerBytes } from "../wire/header.js";
import { protocolError } from "../wire/protocol-error.js";
import type { Inflow } from "./inflow.js";
import type { Link } from "./link.js";
import type { Outflow } from "./outflow.js";
import { Turns } from "./turns.js";
import { Windows } from "./windows.js";

/** Less credit at once is given by nobody who reads a stream. */
const littleCreditBytes = 128;
/** How often idle streams are looked for, in ms. */
const sweepMs = 1_000;

/** A call with streams, of either side. */
export interface StreamingCall {
  /** An item or credit came or went since this was set to false. */
  moved: boolean;
  /** Since when nothing has moved, in ms on the clock. */
  idleSince: number;
  readonly inflows: readonly (Inflow | undefined)[];
  readonly outflows: readonly (Outflow | undefined)[];
  /** Nothing has moved for `limits.streamIdleMs`. */
  onIdle(): void;
}

/** The calls with streams that one side of a connection has made. */
export type StreamingCalls = ReadonlyMap<number, StreamingCall>;

/** The streams of a connection, by their calls: those we made and those the peer made. Takes the frames that are about one of them. */
export class Streams {
  /** By the ids that we gave out, and that the peer did. */
  readonly made: StreamingCalls;
  readonly run: StreamingCalls;
  readonly windows: Windows;
  readonly turns: Turns;
  readonly #link: Link;
  /** Whether the last item of what was read is a long one, of which a part has come or all. */
  longLast = false;
  #unsettled: Inflow[] = [];
  /** Results of calls that are over, and that nobody has read to their end: who forgets one is not told of. */
  readonly #unread = new Set<WeakRef<Inflow>>();
  /** Whose item was cut by the end of what was read. */
  #cut: Inflow | undefined;
  #sweptAt = 0;

  /** `creditBytes` are what the peer takes at first of all streams together. */
  constructor(link: Link, creditBytes: number, made: StreamingCalls, run: StreamingCalls) {
    this.#link = link;
    this.made = made;
    this.run = run;
    this.windows = new Windows(link);
    this.turns = new Turns(link, creditBytes);
  }

  /** A stream holds a part of what was read. */
  readonly unsettled = (stream: Inflow): void => {
    this.#unsettled.push(stream);
  };

  /** Where the next bytes are best read to, of which so many belong to the item that was cut. */
  landing(cutBytes: number): Buffer | undefined {
    return this.#cut?.landing(cutBytes);
  }

  /** What was read has been looked at, and its memory is used again. */
  settle(): void {
    if (this.#unsettled.length === 0) return;
    const streams = this.#unsettled;
    this.#unsettled = [];
    for (const stream of streams) stream.settle();
  }

  /** Takes an item, or a piece of one, of a call in `calls`. */
  onItem(
    calls: StreamingCalls,
    flags: number,
    target: number,
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
    restBytes: number,
    continued: boolean,
  ): void {
    const call = calls.get(id);
    if (call === undefined) {
      this.#cut = undefined;
      if (end === start) this.#link.rates.count("frames that say nothing", this.#link.readAt);
      this.windows.passOver(end - start + (continued ? 0 : headerBytes));
      return;
    }
    const inflow = inflowOf(call, target);
    this.#cut = inflow;
    inflow.take(flags & Flag.more, bytes, start, end, restBytes, continued);
    this.longLast = inflow.itemBytes >= landingBytes;
  }

  /** The call that a result belongs to is over; what of it is unread waits for as long as somebody may read it. */
  outlives(result: Inflow): void {
    if (!result.starved) this.#unread.add(new WeakRef(result));
  }

  /** Takes the end of a stream of arguments. */
  onEnd(target: number, id: number): void {
    const call = this.run.get(id);
    if (call === undefined) this.#link.rates.count("frames that say nothing", this.#link.readAt);
    else inflowOf(call, target).finish();
  }

  /** Takes credit for a stream of a call in `calls`, or for the connection. */
  onCredit(calls: StreamingCalls, target: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (end - start < 4) throw protocolError("MALFORMED_FRAME", "a credit frame ends too soon");
    const credit = bytes.readUInt32BE(start);
    if (credit < littleCreditBytes) this.#link.rates.count("frames that say nothing", this.#link.readAt);
    if (id === 0) {
      this.turns.onCredit(credit);
      return;
    }
    const call = calls.get(id);
    const stream = call?.outflows[target];
    if (call === undefined || stream === undefined) {
      this.#link.rates.count("frames that say nothing", this.#link.readAt);
      return;
    }
    call.moved = true;
    stream.onCredit(credit);
  }

  /** The peer wants no more of a stream of arguments. */
  onStop(target: number, id: number): void {
    const stream = this.made.get(id)?.outflows[target];
    if (stream === undefined || stream.over) this.#link.rates.count("frames that say nothing", this.#link.readAt);
    else stream.stop();
  }

  /** Called now and then: ends what has been idle for too long. */
  tick(now: number): void {
    if (now - this.#sweptAt < sweepMs) return;
    this.#sweptAt = now;
    this.#unreadBytes();
    for (const calls of [this.made, this.run]) {
      for (const call of calls.values()) {
        if (call.moved) {
          call.moved = false;
          call.idleSince = now;
        } else if (now - call.idleSince >= this.#link.limits.streamIdleMs) {
          call.onIdle();
        }
      }
    }
  }

  /** Brings the counters up to date. */
  count(): void {
    const { streams } = this.#link.counters;
    let heldBytes = this.windows.heldBytes + this.#unreadBytes();
    for (const calls of [this.made, this.run]) {
      for (const { outflows } of calls.values()) for (const stream of outflows) heldBytes += stream?.heldBytes ?? 0;
    }
    streams.heldBytes = heldBytes;
    streams.creditBytes = this.turns.creditBytes;
  }

  /** Counts what is unread of calls that are over, and forgets what nobody can read any more. */
  #unreadBytes(): number {
    let bytes = 0;
    for (const each of this.#unread) {
      const unread = each.deref()?.unreadBytes ?? 0;
      if (unread === 0) this.#unread.delete(each);
      bytes += unread;
    }
    return bytes;
  }
}

function inflowOf(call: StreamingCall, target: number): Inflow {
  const stream = call.inflows[target];
  if (stream === undefined)
    throw protocolError("UNKNOWN_STREAM", `a frame came of stream ${target} of a call that has none of that number`);
  return stream;
}
