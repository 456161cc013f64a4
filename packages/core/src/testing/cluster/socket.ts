import { Duplex } from "node:stream";
import type { Random } from "../../contract/clock.js";
import type { Pipe } from "./pipe.js";
import type { ProcessClock } from "./process-clock.js";
import { Rank } from "./virtual-time.js";

/** A process as its sockets know it. */
export interface Host {
  readonly name: string;
  readonly clock: ProcessClock;
}

export interface SocketOptions {
  readonly host: Host;
  /** What it sends and what it receives. */
  readonly output: Pipe;
  readonly input: Pipe;
  readonly random: Random;
  readonly onClosed: () => void;
}

/** One end of a simulated connection, as a process sees it: behaves as `net.Socket` does with `allowHalfOpen: false`. */
export class SimulatedSocket extends Duplex {
  readonly #options: SocketOptions;
  /** Whether the process's streams want more bytes. */
  #wanted = true;
  #ended = false;
  #awaitsTurn = false;
  /** Nobody has it yet: what arrives stays with the system. */
  #unclaimed = true;
  #abandoned = false;
  /** Whether the stream is being handed something. */
  #handing = false;

  constructor(options: SocketOptions) {
    super({ allowHalfOpen: false, highWaterMark: 65_536 });
    this.#options = options;
  }

  get host(): Host {
    return this.#options.host;
  }

  /** Bytes that this side's stream holds: received and not yet taken, written and not yet with the system. */
  get heldBytes(): number {
    return this.readableLength + this.writableLength;
  }

  /** Hands it to its process, which listens to it once this turn is over. */
  claim(): void {
    this.#options.host.clock.turn(Rank.network, "reads", () => {
      this.#unclaimed = false;
      this.onArrival();
    });
  }

  /** Something has arrived: the process reads it in its next turn. */
  onArrival(): void {
    if (this.#awaitsTurn || this.#unclaimed) return;
    const { input } = this.#options;
    const { clock } = this.#options.host;
    if (this.#abandoned || this.destroyed) {
      this.#refuse();
      return;
    }
    if (clock.running === "running") {
      this.#receive();
      return;
    }
    if (!this.#wanted && !input.wasReset) return;
    this.#awaitsTurn = true;
    clock.turn(Rank.network, "reads", () => {
      this.#awaitsTurn = false;
      this.#receive();
    });
  }

  /** Its process is gone, and what it had to do with it: the system closes what is left. */
  abandon(): void {
    this.#abandoned = true;
    this.#closeSystemSide(this.readableLength > 0);
  }

  override _read(): void {
    this.#wanted = true;
    // The stream asks while it is handed something, too.
    if (!this.#handing && !this.#abandoned && !this.#unclaimed) this.#receive();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // The writer reuses its buffer once told that the write is done.
    if (!this.#abandoned) this.#options.output.write(Buffer.from(chunk), () => this.#written(done));
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    const all = Buffer.concat(chunks.map(({ chunk }) => chunk));
    if (!this.#abandoned) this.#options.output.write(all, () => this.#written(done));
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#abandoned) return;
    this.#options.output.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#abandoned) this.#closeSystemSide(error !== null || this.readableLength > 0);
    done(error);
  }

  /** A writer whose process is stopped hears of room when it goes on. */
  #written(done: () => void): void {
    const { clock } = this.#options.host;
    if (this.#abandoned) return;
    if (clock.running === "running") done();
    else clock.turn(Rank.network, "written", done);
  }

  #receive(): void {
    const { input, random } = this.#options;
    if (this.destroyed) {
      this.#refuse();
      return;
    }
    if (input.wasReset && random() < 0.5) input.dropArrived();
    this.#handing = true;
    try {
      while (this.#wanted) {
        const piece = input.read();
        if (piece === undefined) break;
        this.#wanted = this.push(piece);
      }
    } finally {
      this.#handing = false;
    }
    if (input.wasReset && input.arrivedBytes === 0) {
      this.destroy(Object.assign(new Error("the connection was reset"), { code: "ECONNRESET" }));
    } else if (input.ended && !this.#ended) {
      this.#ended = true;
      this.push(null);
    }
  }

  /** Bytes for a socket that is closed are answered by a reset; an end is not. */
  #refuse(): void {
    const { input, output } = this.#options;
    if (input.arrivedBytes === 0) return;
    input.dropArrived();
    output.sendReset();
  }

  /** What a system does when a socket is closed: the end behind what it holds, or a reset where input was left unread. */
  #closeSystemSide(unread: boolean): void {
    const { input, output, onClosed } = this.#options;
    if (unread || input.arrivedBytes > 0) output.sendReset();
    else output.abandon();
    input.dropArrived();
    onClosed();
  }
}
