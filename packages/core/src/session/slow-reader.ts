import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { RpcError } from "../contract/errors.js";
import type { ConnectionLimits } from "../contract/limits.js";
import type { Connection } from "./connection.js";

/** What is known of a socket's queue in Node: the system may have taken a part of a write, which only the handle knows. */
interface Handle {
  readonly writeQueueSize?: number;
  /** The socket below TLS. */
  readonly _parent?: Handle;
}

/** Bytes waiting from which on answers are not encoded any more: so that a whole one fits below the bound. */
export function holdBytes({ waitingBytes, messageBytes, highWaterBytes }: ConnectionLimits): number {
  return Math.max(highWaterBytes, waitingBytes - messageBytes);
}

/** Finds a peer that takes nothing of what is said to it, whatever it says itself. */
export class SlowReader {
  readonly #connection: Connection;
  readonly #stream: Duplex;
  readonly #held: () => boolean;
  readonly #cut: (error: RpcError) => void;
  #writes = -1;
  #untaken = -1;
  #takenAt = 0;

  /** `held` tells whether answers wait unencoded; `cut` is called to end the connection, at once. */
  constructor(connection: Connection, stream: Duplex, held: () => boolean, cut: (error: RpcError) => void) {
    this.#connection = connection;
    this.#stream = stream;
    this.#held = held;
    this.#cut = cut;
  }

  /** Called every 250 ms, after the system was offered what waits: a stall of this process is no excuse for the peer. */
  tick(now: number): void {
    const { outbox, limits } = this.#connection;
    const waiting = outbox.unsentBytes;
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
  const handle = (stream as { readonly _handle?: Handle | null })._handle;
  return stream.writableLength + (handle?._parent?.writeQueueSize ?? handle?.writeQueueSize ?? 0);
}
