import { Duplex } from "node:stream";
import { RpcError } from "../contract/errors.js";
import type { Listener, Transport } from "../contract/transport.js";

/**
 * Returns a transport within the process, `memory://name`. Its streams behave as `net.Socket` does with
 * `allowHalfOpen: false`: an end is answered with an end, destroying one side closes the other, and writes are slowed
 * by who does not read.
 */
export function memoryTransport(): Transport {
  const listening = new Map<string, (stream: Duplex, remote: string) => void>();
  let dialled = 0;
  let chosen = 0;
  return {
    local: true,
    async connect(address, signal) {
      signal.throwIfAborted();
      const accept = listening.get(address);
      if (accept === undefined) {
        throw new RpcError("unavailable", `cannot connect to ${address}: nobody listens there`, {
          reason: "CONNECT_FAILED",
          processed: "no",
          endpoint: address,
        });
      }
      const [near, far] = streamPair();
      accept(far, `memory://dialler-${++dialled}`);
      return near;
    },

    async listen(address, accept): Promise<Listener> {
      // As port 0 of TCP: a free name.
      const bound = address === "memory://" ? `memory://${++chosen}` : address;
      if (listening.has(bound)) {
        throw new RpcError("unavailable", `cannot listen on ${bound}: the name is taken`, {
          reason: "LISTEN_FAILED",
          processed: "no",
          endpoint: bound,
        });
      }
      listening.set(bound, accept);
      return {
        address: bound,
        async close() {
          if (listening.get(bound) === accept) listening.delete(bound);
        },
      };
    },
  };
}

/** Returns the two ends of a byte stream within the process. */
export function streamPair(): [Duplex, Duplex] {
  const near = new MemoryStream();
  const far = new MemoryStream();
  near.joinTo(far);
  far.joinTo(near);
  return [near, far];
}

export class MemoryStream extends Duplex {
  #other: MemoryStream | undefined;
  /** Called when this side's reader wants more of what the other wrote. */
  #resume: (() => void) | undefined;

  constructor() {
    super({ allowHalfOpen: false, highWaterMark: 65_536 });
  }

  joinTo(other: MemoryStream): void {
    this.#other = other;
  }

  override _read(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const other = this.#other;
    if (other === undefined || other.destroyed) {
      done(Object.assign(new Error("the other end is closed"), { code: "EPIPE" }));
      return;
    }
    // The writer reuses its buffer once told that the write is done.
    if (other.push(Buffer.from(chunk))) process.nextTick(done);
    else other.#resume = () => process.nextTick(done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#other?.push(null);
    process.nextTick(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const other = this.#other;
    this.#other = undefined;
    // As with a socket: what was written before still arrives and is followed by an end, unless input was left unread.
    const lost = error !== null || this.readableLength > 0;
    this.#resume?.();
    this.#resume = undefined;
    done(error);
    if (other === undefined) return;
    process.nextTick(() => {
      if (other.destroyed) return;
      if (lost) other.destroy(Object.assign(new Error("the other end was destroyed"), { code: "ECONNRESET" }));
      else other.push(null);
    });
  }
}
