import type { Codec } from "../contract/codec.js";
import { RpcError } from "../contract/errors.js";
import { Flag, headerBytes, maxFrameBytes } from "../wire/header.js";
import { type Detached, twoPartsBytes } from "../wire/outbox.js";
import type { Link } from "./link.js";
import { addCredit, leastCreditBytes, type Turns, type Waiting } from "./turns.js";

/** What the first item of a stream is taken for, in bytes. */
const firstUsualBytes = 1_024;
const noField = Buffer.alloc(0);
/** Bytes of the field that announces an item in parts. */
const totalFieldBytes = 4;

/** What a stream that is sent asks of the call that it belongs to. */
export interface OutflowOwner {
  /** An item was sent. */
  moved: boolean;
  /** The producer is about to be asked for the first time, Returns whether it is in time; where it is not, the stream is over by now. */
  mayBegin(stream: Outflow): boolean;
  /** The first item is about to be written. */
  onFirst(stream: Outflow): void;
  /** The producer has yielded its last item, which was sent. */
  onDone(stream: Outflow): void;
  /** The producer has thrown; what it yielded before was sent. */
  onFailed(stream: Outflow, thrown: unknown): void;
  /** Nobody wants what this producer yields. */
  endProducer(producer: AsyncIterator<unknown>): void;
  /** The producer has yielded what cannot be sent, and was ended. */
  onUnsendable(stream: Outflow, cause: unknown): void;
}

/** A stream that is sent: asks its producer for the next item while there is credit and room, and writes it. */
export class Outflow implements Waiting {
  usualBytes = firstUsualBytes;
  readonly target: number;
  readonly #link: Link;
  readonly #turns: Turns;
  readonly #owner: OutflowOwner;
  readonly #codec: Codec;
  readonly #flags: number;
  readonly #id: number;
  readonly #producer: AsyncIterator<unknown>;
  #creditBytes: number;
  /** An item that goes in parts, and how much of it has been sent. */
  #rest: Detached | undefined;
  #restAt = 0;
  /** Lets the producer be asked again, where it waits. */
  #wake: (() => void) | undefined;
  #begun = false;
  /** The turn in which the producer was asked last. */
  #askedIn = 0;
  #over = false;

  /** `creditBytes` are what the peer takes at first; `flags` those of frames about the call. */
  constructor(
    link: Link,
    turns: Turns,
    owner: OutflowOwner,
    codec: Codec,
    producer: AsyncIterator<unknown>,
    { id, target, flags, creditBytes }: { id: number; target: number; flags: number; creditBytes: number },
  ) {
    this.#link = link;
    this.#turns = turns;
    this.#owner = owner;
    this.#codec = codec;
    this.#producer = producer;
    this.#id = id;
    this.target = target;
    this.#flags = flags;
    this.#creditBytes = creditBytes;
  }

  /** Whether nothing is sent any more. */
  get over(): boolean {
    return this.#over;
  }

  get creditBytes(): number {
    return this.#creditBytes;
  }

  /** Bytes of an item that wait to be sent. */
  get heldBytes(): number {
    return this.#rest === undefined ? 0 : this.#rest.body.length - this.#restAt;
  }

  /** Begins to ask the producer. To be called once. */
  start(): void {
    void this.#run();
  }

  /** The peer takes so many bytes more. */
  onCredit(bytes: number): void {
    this.#creditBytes = addCredit(this.#creditBytes, bytes);
    if (!this.#over && this.#waits) this.#turns.wait(this);
  }

  /** Its turn has come: sends a part of what waits, or asks the producer. */
  goOn(): void {
    if (this.#rest !== undefined) this.#sendPart(this.#rest);
    const wake = this.#wake;
    if (this.#rest !== undefined) {
      if (this.#waits) this.#turns.wait(this);
    } else if (wake !== undefined && this.#mayAsk) {
      this.#wake = undefined;
      this.#askedIn = this.#turns.asked(this.usualBytes);
      wake();
    }
  }

  /** Sends nothing more, and ends the producer. */
  stop(): void {
    if (this.#over) return;
    this.#leave();
    this.#owner.endProducer(this.#producer);
  }

  get #mayAsk(): boolean {
    return this.#rest === undefined && this.#creditBytes >= leastCreditBytes;
  }

  /** Whether it has credit for what it would do in its turn. */
  get #waits(): boolean {
    if (this.#rest === undefined) return this.#wake !== undefined && this.#mayAsk;
    return this.#creditBytes >= Math.min(leastCreditBytes, headerBytes + this.heldBytes);
  }

  async #run(): Promise<void> {
    const turns = this.#turns;
    const producer = this.#producer;
    try {
      for (let first = true; ; first = false) {
        if (this.#mayAsk && turns.mayGo) this.#askedIn = turns.asked(this.usualBytes);
        else await this.#turn();
        if (this.#over) return;
        if (first && !this.#owner.mayBegin(this)) {
          turns.arrived(this.#askedIn, this.usualBytes);
          return;
        }
        const { done, value } = await producer.next();
        turns.arrived(this.#askedIn, this.usualBytes);
        if (this.#over) return;
        if (done === true) break;
        this.#write(value);
        if (this.#over) return;
      }
    } catch (thrown) {
      if (this.#over) return;
      this.#leave();
      this.#owner.onFailed(this, thrown);
      return;
    }
    this.#leave();
    this.#owner.onDone(this);
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.#waits) this.#turns.wait(this);
    });
  }

  #write(value: unknown): void {
    const { outbox, counters } = this.#link;
    if (!this.#begun) {
      this.#begun = true;
      this.#owner.onFirst(this);
    }
    outbox.beginItem(this.#flags, this.target, this.#id, this.usualBytes);
    try {
      this.#codec.encode(value, outbox);
    } catch (cause) {
      outbox.rollback();
      this.#unsendable(cause);
      return;
    }
    if (this.#over) {
      // A getter of the item has ended the stream.
      outbox.rollback();
      return;
    }
    const { bodyBytes } = outbox;
    const costBytes = headerBytes + bodyBytes;
    this.usualBytes = costBytes;
    this.#owner.moved = true;
    if (bodyBytes <= maxFrameBytes && costBytes <= this.#creditBytes && costBytes <= this.#turns.creditBytes) {
      this.#spend(costBytes);
      counters.streams.itemsOut++;
      outbox.endItem();
    } else if (bodyBytes <= outbox.messageBytes && this.#fitsInTwo(bodyBytes)) {
      this.#spend(costBytes + twoPartsBytes);
      counters.streams.itemsOut++;
      outbox.endItemInTwo(this.#flags, this.target, this.#id);
    } else if (bodyBytes > outbox.messageBytes) {
      outbox.rollback();
      this.#unsendable(tooLarge(bodyBytes, outbox.messageBytes));
    } else {
      this.#rest = outbox.detach();
      this.#restAt = 0;
      if (this.#waits) this.#turns.wait(this);
    }
  }

  /** Whether there is credit for an item in two parts, and two are enough. */
  #fitsInTwo(bytes: number): boolean {
    const { partBytes } = this.#link.outbox;
    const costBytes = headerBytes + bytes + twoPartsBytes;
    return (
      bytes > maxFrameBytes &&
      bytes <= 2 * partBytes - totalFieldBytes &&
      costBytes <= this.#creditBytes &&
      costBytes <= this.#turns.creditBytes
    );
  }

  #sendPart(rest: Detached): void {
    const { outbox, counters } = this.#link;
    const { body, page } = rest;
    const leftBytes = body.length - this.#restAt;
    const creditBytes = Math.min(this.#creditBytes, this.#turns.creditBytes) - headerBytes;
    const first = this.#restAt === 0;
    if (first && leftBytes <= maxFrameBytes && leftBytes <= creditBytes) {
      this.#part(this.#flags, noField, body, page);
    } else {
      const field = first ? totalField(body.length) : noField;
      const mostBytes = Math.min(outbox.partBytes, creditBytes) - field.length;
      const end = Math.min(body.length, this.#restAt + mostBytes);
      const last = end === body.length;
      const part = body.subarray(this.#restAt, end);
      this.#part(last ? this.#flags : this.#flags | Flag.more, field, part, last ? page : undefined);
      this.#restAt = end;
      if (!last) return;
    }
    counters.streams.itemsOut++;
    this.#rest = undefined;
  }

  #part(flags: number, field: Buffer, part: Buffer, page: Buffer | undefined): void {
    this.#spend(headerBytes + field.length + part.length);
    this.#owner.moved = true;
    this.#link.outbox.part(flags, this.target, this.#id, field, part, page);
  }

  #spend(bytes: number): void {
    this.#creditBytes -= bytes;
    this.#turns.creditBytes -= bytes;
    this.#link.counters.streams.bytesOut += bytes;
  }

  #unsendable(cause: unknown): void {
    this.stop();
    this.#owner.onUnsendable(this, cause);
  }

  #leave(): void {
    this.#over = true;
    this.#rest = undefined;
    this.#turns.forget(this);
    this.#wake?.();
    this.#wake = undefined;
  }
}

function totalField(bytes: number): Buffer {
  const field = Buffer.allocUnsafe(totalFieldBytes);
  field.writeUInt32BE(bytes);
  return field;
}

function tooLarge(bytes: number, mostBytes: number): RpcError {
  return new RpcError(
    "resource_exhausted",
    `an item of ${bytes} bytes is above the ${mostBytes} that the peer takes: send smaller ones, or raise limits.messageBytes there`,
    { reason: "MESSAGE_TOO_LARGE" },
  );
}
