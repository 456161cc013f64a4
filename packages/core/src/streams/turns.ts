import { protocolError } from "../wire/protocol-error.js";
import type { Link } from "./link.js";

/** Bytes of items that may wait for the socket: enough to keep it busy, few enough that what is short waits little behind them. */
const roomBytes = 131_072;
/** The most credit that may be given in sum. */
const mostCreditBytes = 0x7fff_ffff;
/** Less credit than this is not used: more comes once the reader has taken half of a window. */
export const leastCreditBytes = 128;

/** A stream that is sent and waits for its turn. */
export interface Waiting {
  /** What its next item will probably take, in bytes. */
  readonly usualBytes: number;
  /** Goes on: there is room, and credit of the connection. */
  goOn(): void;
}

/**
 * Who may send next, of all streams that one side of a connection sends. While the socket has enough to do, or the
 * connection's credit is used up, producers are asked for nothing; then they take turns.
 */
export class Turns {
  /** Bytes that the peer takes of all streams together. */
  creditBytes = 0;
  readonly #link: Link;
  readonly #waiting = new Set<Waiting>();
  /** What producers were asked for in this turn and have not yielded yet, as far as can be guessed. */
  #askedBytes = 0;
  #turn = 0;
  #scheduled = false;
  #going = false;
  readonly #onTurn = (): void => {
    this.#scheduled = false;
    this.onTurnEnd();
    this.goOn();
  };

  constructor(link: Link, creditBytes: number) {
    this.#link = link;
    this.creditBytes = creditBytes;
  }

  /** Whether an item may be asked for, or sent, at once. */
  get mayGo(): boolean {
    return this.#waiting.size === 0 && this.#room;
  }

  /** A producer is asked for an item of probably so many bytes. Returns what `arrived` wants to know of it. */
  asked(usualBytes: number): number {
    this.#askedBytes += usualBytes;
    return this.#turn;
  }

  /** The producer has answered. */
  arrived(turn: number, usualBytes: number): void {
    if (turn !== this.#turn) return;
    this.#askedBytes -= usualBytes;
    if (this.#waiting.size > 0) this.goOn();
  }

  /** What was asked for and has not come by now must not hold up others. */
  onTurnEnd(): void {
    this.#turn++;
    this.#askedBytes = 0;
  }

  /** Lets a stream wait for its turn, which may be now. */
  wait(stream: Waiting): void {
    this.#waiting.add(stream);
    this.goOn();
  }

  /** A stream is over, or waits for credit of its own. */
  forget(stream: Waiting): void {
    this.#waiting.delete(stream);
  }

  /** The peer takes so many bytes more. Throws where it gives more than there can be. */
  onCredit(bytes: number): void {
    this.creditBytes = addCredit(this.creditBytes, bytes);
    this.goOn();
  }

  /** Lets those go on that wait, one after the other, as long as there is room. */
  goOn(): void {
    if (this.#going) return;
    this.#going = true;
    while (this.#waiting.size > 0 && this.#room) {
      const [stream] = this.#waiting;
      this.#waiting.delete(stream!);
      stream!.goOn();
    }
    this.#going = false;
    // What they were asked for and do not yield in this turn must not hold up those that wait still.
    if (this.#waiting.size === 0 || this.#askedBytes === 0 || this.#scheduled) return;
    this.#scheduled = true;
    this.#link.clock.afterReads(this.#onTurn);
  }

  get #room(): boolean {
    return this.creditBytes >= leastCreditBytes && this.#link.outbox.itemBytes + this.#askedBytes < roomBytes;
  }
}

/** Returns credit with so much added. Throws where that is more than there can be. */
export function addCredit(creditBytes: number, bytes: number): number {
  const sum = creditBytes + bytes;
  if (sum <= mostCreditBytes) return sum;
  throw protocolError("CREDIT_OVERFLOW", `the peer gave credit of ${sum} bytes in sum`, "resource_exhausted");
}
