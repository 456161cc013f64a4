import { landingBytes } from "../wire/frame-reader.js";
import { headerBytes, Kind, maxFrameBytes } from "../wire/header.js";
import { protocolError } from "../wire/protocol-error.js";
import { firstCredit } from "./first-credit.js";
import type { Link } from "./link.js";

/** A stream that is received, as its credit is counted. */
export interface Windowed {
  /** Bytes that the peer may still send of it. */
  creditBytes: number;
  /** Bytes that were received and not taken by the reader. */
  heldBytes: number;
  /** What both may come to; 0 once the stream has ended. */
  windowBytes: number;
  /** What its window may come to, where there is room; 0 until its reader has begun. */
  reachBytes: number;
  /** Bytes of the item that came last, or is coming. */
  readonly itemBytes: number;
  /** Whether its reader has taken all that came. */
  readonly starved: boolean;
  /** Tells the peer that it may send so much more. */
  give(bytes: number): void;
  /** A long item may come in whole: its reader waits for it, and its turn has come. */
  letIn(): void;
}

/** Bytes of the field that announces an item in parts. */
const totalFieldBytes = 4;
/** Credit of the connection is given back in steps of this share of it. */
const steps = 8;
/** How much wider the window of a reader gets that keeps up: each frame of credit costs the reader a write. */
const stretch = 4;

/**
 * What a connection's streams may hold unread, of what the peer sends. Windows of streams begin small; those that are
 * read share what is left, up to `limits.streamCreditBytes` each, and four times that while their readers have nothing
 * left to read. Together they stay below the connection's credit, so that streams that nobody reads never hold up others. An item larger than its window is let in beside it once a reader
 * waits for it: of these as many as `limits.partialBytes` has room for.
 */
export class Windows {
  readonly firstBytes: number;
  readonly #link: Link;
  readonly #mostBytes: number;
  readonly #totalBytes: number;
  readonly #stepBytes: number;
  /** What windows may have together beyond what they begin with, and what they have. */
  readonly #growthBytes: number;
  #grownBytes = 0;
  #growing = 0;
  #creditBytes: number;
  #heldBytes = 0;
  #letInBytes = 0;
  #waiting: { readonly stream: Windowed; readonly bytes: number }[] = [];
  /** When a part of an item came that was let in, in ms on the clock. */
  #progressAt = 0;

  constructor(link: Link) {
    const { limits } = link;
    const { streamBytes, connectionBytes } = firstCredit(limits);
    this.#link = link;
    this.firstBytes = streamBytes;
    this.#totalBytes = this.#creditBytes = connectionBytes;
    this.#stepBytes = Math.max(1, Math.floor(connectionBytes / steps));
    this.#mostBytes = Math.max(streamBytes, Math.min(limits.streamCreditBytes, connectionBytes));
    const reserve = Math.min(connectionBytes / 2, 2 * limits.streams * streamBytes);
    this.#growthBytes = Math.floor(connectionBytes - this.#stepBytes - reserve);
  }

  /** Bytes that were received and not taken. */
  get heldBytes(): number {
    return this.#heldBytes + this.#letInBytes;
  }

  /** Since when no part has arrived though a reader waits for it and there is room, in ms on the clock; Infinity where none does. */
  get waitingSince(): number {
    return this.#letInBytes === 0 ? Number.POSITIVE_INFINITY : this.#progressAt;
  }

  /** So many bytes of a stream have come. Throws where they were more than the peer might send. */
  arrived(stream: Windowed, bytes: number): void {
    if (bytes > stream.creditBytes) throw exceeded("a stream");
    stream.creditBytes -= bytes;
    this.#arrived(bytes);
  }

  /** So many bytes have come of a stream that is over: nobody holds them. */
  passOver(bytes: number): void {
    this.#arrived(bytes);
    this.#review();
  }

  /** What has arrived waits for its reader. */
  hold(stream: Windowed, bytes: number): void {
    stream.heldBytes += bytes;
    this.#heldBytes += bytes;
  }

  /** What waited was taken. */
  release(stream: Windowed, bytes: number): void {
    if (stream.windowBytes === 0) return;
    stream.heldBytes -= bytes;
    this.#heldBytes -= bytes;
  }

  /** Gives credit back where half of a window is free. Called whenever something was taken. */
  review(stream: Windowed): void {
    const { windowBytes } = stream;
    if (windowBytes > 0 && (windowBytes - stream.creditBytes - stream.heldBytes) * 2 >= windowBytes) {
      this.#give(stream);
      // It leaves in one write with the stream's.
      this.#review(this.#stepBytes / 4);
    } else {
      this.#review();
    }
  }

  /** Something was taken of a stream of which no more comes: only the connection's credit is given back. */
  giveBack(): void {
    this.#review();
  }

  /** A reader waits for an item that lacks so many bytes, more than there is credit for: asks for the room, or waits for it. */
  wantWhole(stream: Windowed, totalBytes: number): void {
    this.#waiting.push({ stream, bytes: totalBytes });
    this.#letNextIn();
  }

  /** Gives a stream the credit that an item lacks, which was let in. */
  giveWhole(stream: Windowed, bytes: number): void {
    stream.creditBytes += bytes;
    stream.give(bytes);
    this.#review();
  }

  /** A part has come of an item that was let in. */
  progressed(): void {
    this.#progressAt = this.#link.readAt;
    this.#review();
  }

  /** A long item has come whole, or was given up. */
  whole(stream: Windowed, totalBytes: number, letIn: boolean): void {
    if (letIn) this.#letInBytes -= totalBytes;
    else this.#waiting = this.#waiting.filter((other) => other.stream !== stream);
    this.#letNextIn();
  }

  /** A stream has ended: what of it waits counts no more, and no more of it comes. */
  end(stream: Windowed): void {
    if (stream.windowBytes === 0) return;
    this.#heldBytes -= stream.heldBytes;
    this.#grownBytes -= stream.windowBytes - this.firstBytes;
    if (stream.reachBytes > 0) this.#growing--;
    stream.windowBytes = stream.creditBytes = stream.heldBytes = 0;
    this.#review();
  }

  #arrived(bytes: number): void {
    if (bytes > this.#creditBytes) throw exceeded("the connection");
    this.#creditBytes -= bytes;
  }

  #give(stream: Windowed): void {
    this.#fit(stream);
    const mostBytes = stream.windowBytes - stream.heldBytes;
    const itemBytes = costOf(stream.itemBytes);
    // Of long items as many as fit: the next one would be cut by the end of the credit.
    const aligned = stream.itemBytes >= landingBytes && mostBytes >= 2 * itemBytes;
    const bytes = mostBytes - (aligned ? mostBytes % itemBytes : 0) - stream.creditBytes;
    if (bytes <= 0) return;
    stream.creditBytes += bytes;
    stream.give(bytes);
  }

  /** Makes a window as large as its share of what there is; what the peer was given already cannot be taken back. */
  #fit(stream: Windowed): void {
    if (stream.reachBytes === 0) this.#growing++;
    const keepsUp = stream.starved && stream.windowBytes >= this.#mostBytes;
    const reachBytes = Math.max(stream.reachBytes, this.#mostBytes);
    stream.reachBytes = keepsUp ? Math.min(reachBytes * 2, this.#mostBytes * stretch) : this.#mostBytes;
    const share = this.firstBytes + Math.floor(this.#growthBytes / this.#growing);
    const wanted = Math.max(Math.min(share, stream.reachBytes), stream.creditBytes + stream.heldBytes);
    const more = Math.min(wanted - stream.windowBytes, this.#growthBytes - this.#grownBytes);
    stream.windowBytes += more;
    this.#grownBytes += more;
  }

  #letNextIn(): void {
    while (this.#waiting.length > 0) {
      const { stream, bytes } = this.#waiting[0]!;
      if (this.#letInBytes > 0 && this.#letInBytes + bytes > this.#link.limits.partialBytes) return;
      this.#waiting.shift();
      this.#letInBytes += bytes;
      this.#progressAt = this.#link.clock.now();
      stream.letIn();
    }
  }

  #review(leastBytes = this.#stepBytes): void {
    const bytes = this.#totalBytes - this.#creditBytes - this.#heldBytes;
    if (bytes < leastBytes) return;
    this.#creditBytes += bytes;
    this.#link.outbox.frame(Kind.credit, 0, 0, 0, creditBody(bytes));
  }
}

/** Returns the body of a credit frame. */
export function creditBody(bytes: number): Buffer {
  const body = Buffer.allocUnsafe(4);
  body.writeUInt32BE(bytes);
  return body;
}

/** Returns what an item counts, in frames that are full. */
function costOf(bytes: number): number {
  if (bytes <= maxFrameBytes) return headerBytes + bytes;
  return totalFieldBytes + bytes + headerBytes * Math.ceil((totalFieldBytes + bytes) / maxFrameBytes);
}

function exceeded(of: string): Error {
  return protocolError(
    "CREDIT_EXCEEDED",
    `the peer sent more of items than it had credit of ${of} for`,
    "resource_exhausted",
  );
}
