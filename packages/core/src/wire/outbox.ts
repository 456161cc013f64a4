import type { Duplex } from "node:stream";
import type { Clock } from "../contract/clock.js";
import type { Sink } from "../contract/codec.js";
import { RpcError } from "../contract/errors.js";
import { maxBlockBytes } from "./block.js";
import type { BlockAlgorithm } from "./block-algorithm.js";
import { BlockPacker } from "./block-packer.js";
import { Flag, headerBytes, Kind, maxFrameBytes, writeHeader, writeLength } from "./header.js";
import { largePageBytes, pages, smallPageBytes } from "./page-pool.js";
import { preface } from "./preface.js";

/**
 * Chunks of long messages in one turn of the event loop: enough to keep a socket busy, few enough that who asks for
 * something short is read, and answered, between them.
 */
const chunksPerTurn = 2;
/** What has gathered in a turn leaves before its end once it is this much. */
const eagerBytes = 12_288;
/** Items longer than `eagerBytes` leave two at a time: each write costs both sides more than it gains by being early. */
const eagerItemBytes = 98_304;
/** Shorter parts are copied: a write of its own for each would cost more. */
const copiedPartBytes = 8_192;
/** The field that announces an item in parts; what an item in two parts has more than in one. */
const totalFieldBytes = 4;
export const twoPartsBytes = totalFieldBytes + headerBytes;
/** What a header and its fixed fields need, so that they are never cut. */
const headRoom = headerBytes + 64;
/** Below so many bytes that wait nobody asks whether there may be more. */
const smallBacklogBytes = 65_536;
/** How long a write may lie with the socket before long messages behind it count as waiting for a peer that does not read, in ms. */
const untakenMs = 20;
const nothing = Buffer.alloc(0);

/** A message longer than a frame, on its way in chunks. */
interface LongMessage {
  readonly kind: number;
  readonly flags: number;
  readonly target: number;
  readonly id: number;
  readonly fields: Buffer;
  readonly body: Buffer;
  sent: number;
}

/** The body of an item that was taken back, until it has been sent in parts. */
export interface Detached {
  readonly body: Buffer;
  /** What it lies in, where that is lent: the outbox is given it with the last part. */
  readonly page: Buffer | undefined;
}

export interface OutboxOptions {
  readonly stream: Duplex;
  readonly clock: Clock;
  /** Whether the stream is done with what it was given once it says so: its memory is used again then. Defaults to false. */
  readonly reusesPages?: boolean | undefined;
  /** Above this many waiting bytes `full` is true; long messages that wait for nothing but their turns are not among them. */
  readonly highWaterBytes: number;
  /** Above this many `full` is true whatever they wait for. Defaults to `highWaterBytes`. */
  readonly longWaterBytes?: number;
  /** Above this many `overfull` is. Defaults to no bound. */
  readonly holdBytes?: number;
  /** Asked with so many bytes waiting whether there may be more, `holdBytes` aside; told of them when a long message came. Defaults to yes. */
  readonly mayGrow?: (unsentBytes: number) => boolean;
  /** Called when `full` became false. */
  readonly onRoom: () => void;
  /** Called when the socket has taken items of streams. */
  readonly onItemsTaken?: () => void;
  /** Called once for what was put in during a turn, when it leaves or the turn is over. */
  readonly onTurnEnd?: () => void;
}

/**
 * What one side has to say, on its way to the socket. Frames are written straight into a page; all of one turn leave in
 * one write; while a write is under way the next one gathers. Messages longer than a frame go in chunks, taking turns
 * with each other, behind everything short; only the first part of a request keeps its place.
 */
export class Outbox implements Sink {
  bytes: Buffer = nothing;
  position = 0;
  /** The most bytes that the peer takes in one message. */
  messageBytes = Number.POSITIVE_INFINITY;
  /** The most bytes of unfinished messages that the peer takes. */
  partialBytes = Number.POSITIVE_INFINITY;
  /** Writes to the socket, and bytes in them. */
  writes = 0;
  writtenBytes = 0;
  readonly #options: OutboxOptions;
  readonly #askFromBytes: number;
  /** Where the frame at hand begins in `bytes`, and where its body does. */
  #frameAt = 0;
  #bodyAt = 0;
  /** Whole parts that wait, oldest first; pages among them go back to the pool. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #pagesOfWaiting: Buffer[] = [];
  #long: LongMessage[] = [];
  /** Made by the first: most connections never send one. */
  #begun: Set<LongMessage> | undefined;
  #begunBytes = 0;
  #longBytes = 0;
  #writingBytes = 0;
  /** Bytes of streams' items that wait, and that are being written. */
  #itemBytes = 0;
  #itemsWritingBytes = 0;
  /** Whether the item that was put in last is a long one. */
  #longItems = false;
  /** Writes that the socket took at once, and whose callbacks have not come yet. */
  #takenEarly = 0;
  /** When the socket was last given something while a long message waited, in ms on the clock. */
  #givenAt = 0;
  #pagesOfWrite: Buffer[] = [];
  #open = false;
  /** What was asked for while a frame was being encoded, by a getter of what is encoded. */
  #deferred: (() => void)[] = [];
  #scheduled = false;
  #wasFull = false;
  #prefaced = false;
  #finishing = false;
  #closed = false;
  #lastFlushBytes = 0;
  /** Absent where nothing is compressed. */
  #packer: BlockPacker | undefined;
  /** Parts at the front of what waits that were said before compression was agreed. */
  #saidPlain = 0;
  #partBytes = maxFrameBytes;
  readonly #flush = (): void => {
    this.#scheduled = false;
    this.#options.onTurnEnd?.();
    if (this.#writingBytes === 0) this.#write();
  };
  /** Chunks left in this turn; the next one is under way. */
  #chunksLeft = true;
  readonly #onTurn = (): void => {
    this.#chunksLeft = true;
    if (this.#writingBytes === 0) this.#write();
  };
  readonly #onWritten = (): void => {
    let itemsTaken = this.#takenEarly > 0;
    if (itemsTaken) {
      this.#takenEarly--;
    } else {
      itemsTaken = this.#itemsWritingBytes > 0;
      this.#taken();
    }
    if (this.#closed) return;
    if (this.#writingBytes === 0) this.#write();
    if (itemsTaken) this.#options.onItemsTaken?.();
    if (this.#wasFull && !this.full) {
      this.#wasFull = false;
      this.#options.onRoom();
    }
  };

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#askFromBytes = Math.min(smallBacklogBytes, options.holdBytes ?? smallBacklogBytes);
  }

  /** Bytes that the socket has not taken yet. */
  get unsentBytes(): number {
    return this.position + this.#waitingBytes + this.#longBytes + this.#writingBytes;
  }

  /** Whether callers should wait; once seen true, `onRoom` is called when it no longer is. */
  get full(): boolean {
    const unsent = this.unsentBytes;
    if (unsent < this.#options.highWaterBytes || this.#onlyTurns(unsent)) return false;
    this.#wasFull = true;
    return true;
  }

  /** Whether answers should wait, too; once seen true, `onRoom` is called when `full` is no longer. */
  get overfull(): boolean {
    const unsent = this.unsentBytes;
    return unsent >= this.#askFromBytes && this.#holds(unsent);
  }

  /** Whether a frame is being encoded right now. */
  get open(): boolean {
    return this.#open;
  }

  /** Whether all that was put in has been handed to the socket and taken by it. */
  get empty(): boolean {
    return this.unsentBytes === 0;
  }

  /** Puts the first four bytes of the connection in, once. */
  preface(): void {
    if (this.#prefaced) return;
    this.#prefaced = true;
    this.#ensurePage(preface.length);
    this.position += preface.copy(this.bytes, this.position);
  }

  /** From here on what leaves together is compressed. */
  compress(algorithm: BlockAlgorithm): void {
    this.#seal(this.position);
    this.#saidPlain = this.#waiting.length;
    this.#packer = new BlockPacker(algorithm);
    this.#partBytes = maxBlockBytes - headerBytes;
  }

  /** Begins a frame; its fields, `body()`, its body and `end` or `rollback` follow, within this turn. */
  begin(kind: number, flags: number, target: number, id: number): void {
    this.#ensurePage(headRoom);
    this.#open = true;
    this.#frameAt = this.position;
    writeHeader(this.bytes, this.position, kind, flags, target, id);
    this.position += headerBytes;
    this.#bodyAt = this.position;
  }

  /** Says that the fields are written and the body begins. */
  body(): void {
    this.#bodyAt = this.position;
  }

  /**
   * Whether the frame at hand may be ended. A request whose message is longer than a frame has to wait while the peer has
   * no room for another beginning, since requests begin in the order of their ids: `takeBody`, `rollback`, and `onRoom`
   * is called when it is time to look again.
   */
  get mayEnd(): boolean {
    return this.position - this.#frameAt - headerBytes <= maxFrameBytes || this.mayBegin(this.position - this.#bodyAt);
  }

  /** Whether the peer has room for a message of so many bytes beside those that were begun; once seen false, `onRoom` is called when it may have. */
  mayBegin(bodyBytes: number): boolean {
    if (this.#begun === undefined || this.#begun.size === 0 || this.#begunBytes + bodyBytes <= this.partialBytes)
      return true;
    this.#wasFull = true;
    return false;
  }

  /** Returns a copy of the body that the frame at hand has so far. */
  takeBody(): Buffer {
    return Buffer.from(this.bytes.subarray(this.#bodyAt, this.position));
  }

  /** Ends the frame. Throws `resource_exhausted` / `MESSAGE_TOO_LARGE` where the peer does not take so much; `rollback` then. */
  end(): void {
    const length = this.position - this.#frameAt - headerBytes;
    if (length > maxFrameBytes) this.#takeLong();
    else writeLength(this.bytes, this.#frameAt, length);
    this.#closeFrame();
    this.#leaveSoon(this.position);
  }

  /** Bytes of streams' items that the socket has not taken yet, headers included. */
  get itemBytes(): number {
    return this.#itemBytes + this.#itemsWritingBytes;
  }

  /** The most bytes behind the header of a part of an item, or of a long message. */
  get partBytes(): number {
    return this.#partBytes;
  }

  /**
   * Begins an item, which is probably of `likelyBytes`, its header included: one that will not fit into a frame has its
   * place behind the field that announces it, so that nothing of it has to be moved.
   */
  beginItem(flags: number, target: number, id: number, likelyBytes: number): void {
    this.begin(Kind.item, flags, target, id);
    if (likelyBytes <= headerBytes + maxFrameBytes) return;
    this.position += totalFieldBytes;
    this.#bodyAt = this.position;
  }

  /** Bytes of the item at hand so far. */
  get bodyBytes(): number {
    return this.position - this.#bodyAt;
  }

  /** Ends the item at hand. */
  endItem(): void {
    const bodyAt = this.#frameAt + headerBytes;
    if (this.#bodyAt > bodyAt) {
      this.bytes.copyWithin(bodyAt, this.#bodyAt, this.position);
      this.position -= totalFieldBytes;
    }
    const length = this.position - bodyAt;
    writeLength(this.bytes, this.#frameAt, length);
    this.#closeItem(headerBytes + length);
  }

  /** Ends the item at hand, somewhat above a frame, as two parts of one: only the few bytes of the second are moved. */
  endItemInTwo(flags: number, target: number, id: number): void {
    this.reserve(twoPartsBytes);
    const frameAt = this.#frameAt;
    const { bytes } = this;
    const totalBytes = this.bodyBytes;
    const bodyAt = frameAt + headerBytes + totalFieldBytes;
    if (this.#bodyAt < bodyAt) {
      bytes.copyWithin(bodyAt, this.#bodyAt, this.position);
      this.position += totalFieldBytes;
    }
    const restAt = bodyAt + this.#partBytes - totalFieldBytes;
    const rest = this.position - restAt;
    bytes.copyWithin(restAt + headerBytes, restAt, this.position);
    this.position += headerBytes;
    writeHeader(bytes, frameAt, Kind.item, flags | Flag.more, target, id);
    writeLength(bytes, frameAt, this.#partBytes);
    bytes.writeUInt32BE(totalBytes, bodyAt - totalFieldBytes);
    writeHeader(bytes, restAt, Kind.item, flags, target, id);
    writeLength(bytes, restAt, rest);
    this.#closeItem(this.position - frameAt);
  }

  /** Takes the frame at hand back, and returns its body, in memory of its own or of the pool. */
  detach(): Detached {
    const whole = this.bytes.subarray(this.#bodyAt, this.position);
    const alone = this.bytes.length > largePageBytes && this.#frameAt === 0;
    // What is taken for each item anew waits for the collector, which comes late to memory outside its heap.
    const page = alone ? undefined : pages.takeForItem(whole.length);
    const body = alone ? whole : page === undefined ? Buffer.from(whole) : page.subarray(0, whole.copy(page));
    if (alone) this.bytes = nothing;
    this.position = this.#frameAt;
    this.#closeFrame();
    return { body, page };
  }

  /** Puts in a part of an item. Its bytes are not copied, and must stay as they are. `page` goes back to the pool once all has left. */
  part(flags: number, target: number, id: number, fields: Buffer, part: Buffer, page?: Buffer): void {
    if (page !== undefined) this.#pagesOfWaiting.push(page);
    if (part.length < copiedPartBytes) {
      this.begin(Kind.item, flags, target, id);
      this.reserve(fields.length + part.length);
      this.position += fields.copy(this.bytes, this.position);
      this.position += part.copy(this.bytes, this.position);
      this.#itemBytes += this.position - this.#frameAt;
      this.end();
      return;
    }
    const head = Buffer.allocUnsafe(headerBytes + fields.length);
    writeHeader(head, 0, Kind.item, flags, target, id);
    writeLength(head, 0, fields.length + part.length);
    fields.copy(head, headerBytes);
    this.#seal(this.position);
    this.#waiting.push(head, part);
    this.#waitingBytes += head.length + part.length;
    this.#itemBytes += head.length + part.length;
    this.#leaveSoon(this.#waitingBytes, eagerItemBytes);
  }

  /** Takes the frame at hand back, as if it had never begun. */
  rollback(): void {
    if (!this.#open) return;
    this.position = this.#frameAt;
    this.#closeFrame();
  }

  /** Runs `run` as soon as no frame is being encoded: now, or when the one at hand has ended. */
  whenShut(run: () => void): void {
    if (this.#open) this.#deferred.push(run);
    else run();
  }

  /** Puts in a whole frame with a short body. */
  frame(kind: number, flags: number, target: number, id: number, body: Buffer = nothing): void {
    if (this.#open) {
      this.#deferred.push(() => this.frame(kind, flags, target, id, body));
      return;
    }
    this.begin(kind, flags, target, id);
    if (body.length > 0) {
      this.reserve(body.length);
      this.position += body.copy(this.bytes, this.position);
    }
    this.end();
  }

  reserve(count: number): void {
    if (this.position + count <= this.bytes.length) return;
    const used = this.position - this.#frameAt;
    const bodyBytes = this.position - this.#bodyAt;
    // Codecs ask for the most that a value may take, e.g. three bytes for each character: `end` judges what it took.
    const most = bodyBytes > this.messageBytes ? this.messageBytes : this.messageBytes * 3 + headRoom;
    if (bodyBytes + count > Math.max(most, maxFrameBytes)) {
      throw new RpcError(
        "resource_exhausted",
        `a message is above the ${this.messageBytes} bytes that the peer takes: send less at once, or raise limits.messageBytes there`,
        { reason: "MESSAGE_TOO_LARGE", processed: "no" },
      );
    }
    const page = pages.take(Math.max(used + count + headRoom, used * 2, smallPageBytes + 1));
    this.bytes.copy(page, 0, this.#frameAt, this.position);
    const bodyOffset = this.#bodyAt - this.#frameAt;
    this.#seal(this.#frameAt);
    this.bytes = page;
    this.#frameAt = 0;
    this.#bodyAt = bodyOffset;
    this.position = used;
  }

  /** Takes back what has not left of a long message. Returns false where none of it had left: the peer knows nothing of it. */
  withdraw(id: number, kind: number): boolean {
    const index = this.#long.findIndex((message) => message.id === id && message.kind === kind);
    const [message] = index < 0 ? [] : this.#long.splice(index, 1);
    if (message === undefined) return true;
    this.#longBytes -= message.body.length - message.sent;
    this.#endLong(message);
    return message.sent > 0;
  }

  /** Ends the stream once all that was put in has left. */
  finish(): void {
    this.#finishing = true;
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#options.clock.atEndOfTurn(this.#flush);
    }
  }

  /** Takes no more and drops what waits. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#pagesOfWaiting = [];
    this.#long = [];
    this.#begun?.clear();
    this.#waitingBytes = this.#longBytes = this.#writingBytes = this.position = 0;
    this.#itemBytes = this.#itemsWritingBytes = 0;
    this.bytes = nothing;
  }

  #holds(unsent: number): boolean {
    const { holdBytes = Number.POSITIVE_INFINITY, mayGrow } = this.#options;
    if (unsent < holdBytes && mayGrow?.(unsent) !== false) return false;
    this.#wasFull = true;
    return true;
  }

  /** Whether what waits are long messages that take their turns, with a socket that takes what it is given: what is short passes them. */
  #onlyTurns(unsent: number): boolean {
    const { highWaterBytes, longWaterBytes = highWaterBytes, clock } = this.#options;
    if (unsent >= longWaterBytes || unsent - this.#longBytes >= highWaterBytes) return false;
    return this.#writingBytes === 0 || clock.now() - this.#givenAt < untakenMs;
  }

  #closeItem(bytes: number): void {
    this.#itemBytes += bytes;
    this.#longItems = bytes > eagerBytes;
    this.#closeFrame();
    this.#leaveSoon(this.position, this.#longItems ? eagerItemBytes : eagerBytes);
  }

  #leaveSoon(gatheredBytes: number, eager = eagerBytes): void {
    if (gatheredBytes >= eager && this.#writingBytes === 0) {
      // Enough for a write of its own: the peer begins with it while this turn goes on.
      this.#options.onTurnEnd?.();
      this.#write();
    } else if (!this.#scheduled) {
      this.#scheduled = true;
      this.#options.clock.atEndOfTurn(this.#flush);
    }
  }

  #closeFrame(): void {
    this.#open = false;
    if (this.#deferred.length === 0) return;
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const put of deferred) put();
  }

  #ensurePage(count: number): void {
    if (this.position + count <= this.bytes.length) return;
    this.#seal(this.position);
    this.bytes = pages.take(this.#lastFlushBytes > smallPageBytes / 2 ? smallPageBytes + 1 : smallPageBytes);
    this.position = 0;
  }

  /** Moves what the page holds before `end` to the waiting parts. */
  #seal(end: number): void {
    if (this.bytes === nothing) return;
    if (end > 0) {
      this.#waiting.push(this.bytes.subarray(0, end));
      this.#waitingBytes += end;
      this.#pagesOfWaiting.push(this.bytes);
    } else {
      pages.give(this.bytes);
    }
    this.bytes = nothing;
    this.position = 0;
  }

  #takeLong(): void {
    const at = this.#frameAt;
    const { bytes } = this;
    const total = this.position - this.#bodyAt;
    if (total > this.messageBytes) {
      throw new RpcError(
        "resource_exhausted",
        `a message of ${total} bytes is above the ${this.messageBytes} that the peer takes: send less at once, or raise limits.messageBytes there`,
        { reason: "MESSAGE_TOO_LARGE", processed: "no" },
      );
    }
    const fields = Buffer.allocUnsafe(4 + this.#bodyAt - at - headerBytes);
    fields.writeUInt32BE(total);
    bytes.copy(fields, 4, at + headerBytes, this.#bodyAt);
    // A page of its own goes with the message; one of the pool is wanted back.
    const whole = bytes.subarray(this.#bodyAt, this.position);
    const body = bytes.length > largePageBytes ? whole : Buffer.from(whole);
    const message: LongMessage = {
      kind: bytes[at]!,
      flags: bytes.readUInt16BE(at + 4) | Flag.more,
      target: bytes.readUInt16BE(at + 6),
      id: bytes.readUInt32BE(at + 8),
      fields,
      body,
      sent: 0,
    };
    if (this.#longBytes === 0) this.#givenAt = this.#options.clock.now();
    this.#longBytes += total;
    this.position = at;
    if (body === whole || message.kind === Kind.request) this.#seal(at);
    // Its place among the requests is here: what is said after it has a higher id.
    if (message.kind === Kind.request) this.#addChunk(message);
    this.#long.push(message);
    this.#options.mayGrow?.(this.unsentBytes);
  }

  #write(): void {
    if (this.#closed || this.#open) return;
    this.#seal(this.position);
    if (this.#long.length > 0 && this.#chunksLeft) this.#addChunks();
    if (this.#waiting.length === 0) {
      if (this.#finishing && this.#long.length === 0) {
        this.#options.stream.end();
        // What is said behind the end would break the stream.
        this.close();
      }
      return;
    }
    if (this.#packer !== undefined) this.#pack(this.#packer);
    const parts = this.#waiting;
    this.#writingBytes = this.#lastFlushBytes = this.#waitingBytes;
    this.#pagesOfWrite = this.#pagesOfWaiting;
    this.#waiting = [];
    this.#pagesOfWaiting = [];
    this.#waitingBytes = 0;
    this.#itemsWritingBytes = this.#itemBytes;
    this.#itemBytes = 0;
    if (this.#longBytes > 0) this.#givenAt = this.#options.clock.now();
    this.writes++;
    this.writtenBytes += this.#writingBytes;
    const { stream } = this.#options;
    try {
      if (parts.length === 1) {
        stream.write(parts[0]!, this.#onWritten);
      } else {
        stream.cork();
        const last = parts.length - 1;
        for (let index = 0; index < last; index++) stream.write(parts[index]!);
        stream.write(parts[last]!, this.#onWritten);
        stream.uncork();
      }
      // Of long items the next ones follow at once: their producers need not wait until the socket says what is seen already.
      if (this.#longItems && this.#itemsWritingBytes > 0 && stream.writableLength === 0) {
        this.#takenEarly++;
        this.#taken();
      }
    } catch (thrown) {
      // Streams of transports and of `onConnect` are somebody else's: what one throws ends it, as what it reports would.
      stream.destroy(thrown instanceof Error ? thrown : new Error("writing to the stream failed", { cause: thrown }));
    }
  }

  /** The socket has taken all that it was given. */
  #taken(): void {
    if (this.#options.reusesPages === true) for (const page of this.#pagesOfWrite) pages.give(page);
    this.#pagesOfWrite = [];
    this.#writingBytes = 0;
    this.#itemsWritingBytes = 0;
  }

  #pack(packer: BlockPacker): void {
    const plain = this.#waiting.splice(0, this.#saidPlain);
    this.#saidPlain = 0;
    this.#waiting = plain.concat(packer.pack(this.#waiting));
    this.#waitingBytes = this.#waiting.reduce((sum, { length }) => sum + length, 0);
  }

  #addChunks(): void {
    for (let count = 0; count < chunksPerTurn; count++) {
      const index = this.#long.findIndex((message) => this.#mayGoOn(message));
      const [message] = index < 0 ? [] : this.#long.splice(index, 1);
      if (message === undefined) return;
      if (this.#chunksLeft) {
        this.#chunksLeft = false;
        this.#options.clock.afterReads(this.#onTurn);
      }
      this.#addChunk(message);
      if (message.sent < message.body.length) this.#long.push(message);
      else this.#endLong(message);
    }
  }

  /** A message may begin only while the peer has room for all that were begun; one that is alone always may. */
  #mayGoOn(message: LongMessage): boolean {
    return message.sent > 0 || this.mayBegin(message.body.length);
  }

  #addChunk(message: LongMessage): void {
    const first = message.sent === 0;
    if (first) {
      this.#begun ??= new Set();
      this.#begun.add(message);
      this.#begunBytes += message.body.length;
    }
    const fields = first ? message.fields : nothing;
    const part = message.body.subarray(message.sent, message.sent + this.#partBytes - fields.length);
    message.sent += part.length;
    const last = message.sent === message.body.length;
    const head = Buffer.allocUnsafe(headerBytes + fields.length);
    const flags = first ? message.flags : (message.flags & Flag.acceptor) | (last ? 0 : Flag.more);
    writeHeader(head, 0, first ? message.kind : Kind.chunk, flags, first ? message.target : 0, message.id);
    writeLength(head, 0, fields.length + part.length);
    fields.copy(head, headerBytes);
    this.#waiting.push(head, part);
    this.#waitingBytes += head.length + part.length;
    this.#longBytes -= part.length;
  }

  #endLong(message: LongMessage): void {
    if (this.#begun?.delete(message)) this.#begunBytes -= message.body.length;
  }
}
