import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { Chance } from "./chance.js";

/** A socket that changes, once, what is written to it: bytes are turned, left out, doubled or put in, at a place drawn by chance. */
export class HarmedSocket extends Duplex {
  readonly #socket: Socket;
  readonly #chance: Chance;
  #leftBytes: number;

  /** The harm is done after so many bytes. */
  constructor(socket: Socket, chance: Chance, afterBytes: number) {
    super();
    this.#socket = socket;
    this.#chance = chance;
    this.#leftBytes = afterBytes;
    socket.on("data", (chunk: Buffer) => this.push(chunk));
    socket.on("end", () => this.push(null));
    socket.on("error", () => this.destroy());
    socket.on("close", () => this.destroy());
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const at = this.#leftBytes;
    this.#leftBytes -= chunk.length;
    this.#socket.write(at >= 0 && at < chunk.length ? this.#harmed(chunk, at) : chunk, () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #harmed(chunk: Buffer, at: number): Buffer {
    const chance = this.#chance;
    const [before, behind] = [chunk.subarray(0, at), chunk.subarray(at)];
    switch (chance.between(0, 3)) {
      case 0:
        return Buffer.concat([before, Buffer.from([behind[0]! ^ (1 << chance.between(0, 7))]), behind.subarray(1)]);
      case 1:
        return Buffer.concat([before, behind.subarray(chance.between(1, 20))]);
      case 2:
        return Buffer.concat([before, chance.bytes(chance.between(1, 20)), behind]);
      default:
        return Buffer.concat([before, behind, behind]);
    }
  }
}
