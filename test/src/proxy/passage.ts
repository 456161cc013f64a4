import type { Socket } from "node:net";
import { Lane } from "./lane.js";
import type { Direction, Script } from "./script.js";
import { sendReset } from "./send-reset.js";

/** One connection through the proxy, in the hands of a test. `up` is what the client sends. */
export class Passage {
  /** Whether either end is gone. */
  closed = false;
  /** Nobody is told of anything any more. */
  #dark = false;
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #lanes: Readonly<Record<Direction, Lane>>;

  /** `near` is the client's end, `far` the server's. */
  constructor(near: Socket, far: Socket, { up = {}, down = {} }: Script) {
    this.#near = near;
    this.#far = far;
    const reset = (): void => this.reset();
    this.#lanes = { up: new Lane(near, far, up, reset), down: new Lane(far, near, down, reset) };
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("close", (hadError) => {
        this.closed = true;
        if (this.#dark) return;
        if (hadError) sendReset(other);
        else if (!one.readableEnded) other.destroy();
      });
    }
  }

  /** Bytes that have arrived. */
  passedBytes(direction: Direction): number {
    return this.#lanes[direction].passedBytes;
  }

  /** Lets nothing arrive in one direction until `resume`. */
  pause(direction: Direction): void {
    this.#lanes[direction].pause();
  }

  resume(direction: Direction): void {
    this.#lanes[direction].resume();
  }

  /** Lets nothing pass any more, either way, and tells nobody: as a cable that was pulled. */
  blackHole(): void {
    this.#dark = true;
    for (const lane of Object.values(this.#lanes)) lane.stall();
  }

  /** Ends one direction behind what has arrived; the other one goes on. */
  halfClose(direction: Direction): void {
    this.#lanes[direction].end();
  }

  /** Both ends see a reset. */
  reset(): void {
    for (const lane of Object.values(this.#lanes)) lane.close();
    for (const socket of [this.#near, this.#far]) sendReset(socket);
  }

  /** Goes away without a word about how. */
  close(): void {
    for (const lane of Object.values(this.#lanes)) lane.close();
    for (const socket of [this.#near, this.#far]) socket.destroy();
  }
}
