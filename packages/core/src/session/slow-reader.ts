import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { RpcError } from "../contract/errors.js";
import type { ConnectionLimits } from "../contract/limits.js";
import type { Connection } from "./connection.js";
import type { Backlog, UnsentBudget } from "./unsent-budget.js";

/** Over how long it is measured how fast a peer reads, at least, in ms. */
const measuredMs = 1_000;
/** What a backlog has to grow by before it is counted anew, beside now and then. */
const countedStepBytes = 65_536;

/** What is known of a socket's queue in Node: the system may have taken a part of a write, which only the handle knows. */
interface Handle {
  readonly writeQueueSize?: number;
  /** Bytes of all writes, those that wait included. */
  readonly bytesWritten?: number;
  /** The socket below TLS. */
  readonly _parent?: Handle;
}

/** Bytes waiting from which on answers are not encoded any more: so that a whole one fits below the bound. */
export function holdBytes({ waitingBytes, messageBytes, highWaterBytes }: ConnectionLimits): number {
  return Math.max(highWaterBytes, waitingBytes - messageBytes);
}

/** Finds a peer that takes nothing of what is said to it, whatever it says itself; and tells how slow another one is. */
export class SlowReader implements Backlog {
  countedBytes = 0;
  readonly #connection: Connection;
  readonly #stream: Duplex;
  readonly #held: () => boolean;
  readonly #cut: (error: RpcError) => void;
  #writes = -1;
  #untaken = -1;
  #takenAt = 0;
  readonly #budget: UnsentBudget | undefined;
  /** How much the system had taken and when: at the beginning of the backlog at hand, and each second since. */
  #measured = { at: 0, bytes: 0 };
  #measuredBefore = this.#measured;

  /**
   * `held` tells whether answers wait unencoded; `cut` is called to end the connection, at once. What waits counts
   * against `budget`, which others share.
   */
  constructor(
    connection: Connection,
    stream: Duplex,
    budget: UnsentBudget | undefined,
    held: () => boolean,
    cut: (error: RpcError) => void,
  ) {
    this.#budget = budget;
    this.#connection = connection;
    this.#stream = stream;
    this.#held = held;
    this.#cut = cut;
  }

  /** Called every 250 ms, after the system was offered what waits: a stall of this process is no excuse for the peer. */
  tick(now: number): void {
    const { outbox, limits } = this.#connection;
    const waiting = outbox.unsentBytes;
    this.#count(now);
    this.#budget?.look(now);
    if (waiting === 0) {
      this.#writes = -1;
      return;
    }
    const untaken = untakenBytes(this.#stream);
    if (outbox.writes !== this.#writes || untaken !== this.#untaken) {
      this.#writes = outbox.writes;
      this.#untaken = untaken;
      this.#takenAt = now;
      return;
    }
    const patienceMs = this.#held() ? limits.slowReaderMs : limits.partialMs;
    if (now - this.#takenAt >= patienceMs)
      this.#cut(this.#error(`it has taken none of ${waiting} bytes for ${patienceMs} ms`));
  }

  /** Called after each read: what is said in return for what was read has a bound too. */
  onRead(): void {
    const { outbox, limits } = this.#connection;
    const most = holdBytes(limits) + 2 * limits.messageBytes;
    if (outbox.unsentBytes > most) this.#cut(this.#error(`it has left more than ${most} bytes waiting`));
  }

  /** Whether an answer may be encoded behind so many bytes, as far as all connections together are concerned. */
  mayGrow(unsentBytes: number): boolean {
    if (this.#budget === undefined) return true;
    if (unsentBytes >= this.countedBytes + countedStepBytes) this.#count(this.#connection.clock.now());
    return unsentBytes < this.#budget.roomBytes;
  }

  /** Some of what waited has left. */
  onRoom(): void {
    if (this.countedBytes > 0) this.#budget?.count(this);
  }

  get unsentBytes(): number {
    return this.#connection.outbox.unsentBytes;
  }

  get tooLongMs(): number {
    return this.#connection.limits.partialMs;
  }

  restMs(now: number): number | undefined {
    const { at, bytes } = this.#measuredBefore;
    if (now - at < measuredMs) return undefined;
    return (this.unsentBytes * (now - at)) / Math.max(1, this.#takenBytes() - bytes);
  }

  cut(mostBytes: number): void {
    this.#cut(
      this.#error(
        `of the ${mostBytes} bytes that all connections together may leave waiting (unsentBytes) it left ${this.unsentBytes}, and was the slowest`,
      ),
    );
  }

  #count(now: number): void {
    if (this.#budget === undefined) return;
    const bytes = this.#takenBytes();
    // Nothing waited, or figures were reset.
    if (this.countedBytes === 0 || bytes < this.#measured.bytes)
      this.#measured = this.#measuredBefore = { at: now, bytes };
    else if (now - this.#measured.at >= measuredMs) {
      this.#measuredBefore = this.#measured;
      this.#measured = { at: now, bytes };
    }
    this.#budget.count(this);
  }

  /** Bytes that the system has taken; or Node, where the stream is not the system's. */
  #takenBytes(): number {
    const { outbox } = this.#connection;
    const { bytesWritten, writeQueueSize } = handleOf(this.#stream) ?? {};
    if (bytesWritten !== undefined && writeQueueSize !== undefined) return bytesWritten - writeQueueSize;
    return outbox.writtenBytes - this.#stream.writableLength;
  }

  #error(why: string): RpcError {
    const { address } = this.#connection.peer;
    return new RpcError("resource_exhausted", `the connection with ${address} ended, since it does not read: ${why}`, {
      reason: "SLOW_READER",
      processed: "maybe",
      endpoint: address,
    });
  }
}

/** Closes a stream so that nothing of what waits is kept, by the system neither: TCP with a reset. */
export function tearDown(stream: Duplex): void {
  const plain = stream instanceof Socket && stream.remoteAddress !== undefined && !("encrypted" in stream);
  if (plain) stream.resetAndDestroy();
  else stream.destroy();
}

/** Returns a number that changes whenever the system takes a byte of a write that is under way. */
function untakenBytes(stream: Duplex): number {
  return stream.writableLength + (handleOf(stream)?.writeQueueSize ?? 0);
}

/** The system's side of a socket; below TLS, that of the socket beneath. */
function handleOf(stream: Duplex): Handle | undefined {
  const handle = (stream as { readonly _handle?: Handle | null })._handle ?? undefined;
  return handle?._parent ?? handle;
}
