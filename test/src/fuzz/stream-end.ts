import type { Duplex } from "node:stream";
import { kinds } from "../wire/raw/numbers.js";
import { unpacked } from "./blocks.js";
import { framesIn, type Heard } from "./said.js";

/** The fuzzer's end of a stream: keeps what comes. */
export class StreamEnd {
  readonly sent: Buffer[] = [];
  /** How the other side ended it, if it did. */
  ended = false;
  readonly #stream: Duplex;
  readonly #received: Buffer[] = [];

  /** Of so many chunks the frames are known. */
  #parsed = 0;
  #heard: readonly Heard[] = [];

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("data", (chunk: Buffer) => this.#received.push(chunk));
    const end = (): void => {
      this.ended = true;
    };
    stream.on("end", end);
    stream.on("error", end);
    stream.on("close", end);
  }

  write(bytes: Buffer): void {
    this.sent.push(bytes);
    if (!this.#stream.destroyed && this.#stream.writable) this.#stream.write(bytes);
  }

  get heard(): readonly Heard[] {
    if (this.#parsed !== this.#received.length) {
      this.#parsed = this.#received.length;
      this.#heard = unpacked(framesIn(this.received));
    }
    return this.#heard;
  }

  get received(): Buffer {
    return Buffer.concat(this.#received);
  }

  get said(): Heard[] {
    return unpacked(this.saidAsSent);
  }

  /** With blocks as they are. */
  get saidAsSent(): Heard[] {
    return framesIn(Buffer.concat(this.sent));
  }

  /** Whether the other side has ended the connection, or said that it does. */
  get over(): boolean {
    return this.ended || this.heard.some(({ kind }) => kind === kinds.close);
  }

  gone(): void {
    this.#stream.destroy();
  }
}
