import type { Timer } from "../contract/clock.js";
import { Kind } from "../wire/header.js";
import type { Connection } from "./connection.js";
import { tellDraining } from "./draining.js";

/** How long a peer has to see the advice before it hears the last word, and to answer the end, in ms. */
const patienceMs = 1_000;
/** The same where the peer calls, too: what it has written before it knew cannot be made elsewhere. */
const twoWayPatienceMs = 5_000;

/** What a drain asks of its session. */
export interface Drained {
  readonly role: "dialler" | "acceptor";
  /** Whether the peer may call services here: it is told of the end then. */
  readonly serves: boolean;
  /** Whether handlers of either end may call the other: then nothing that was read is rejected, since it has no elsewhere. */
  twoWay(): boolean;
  /** Calls made or run that have not been answered. */
  pending(): number;
  /** The highest id that was read. */
  lastId(): number;
  /** Whether the peer may still have to be heard: it answers calls of ours, and its handlers may call back. */
  listens(): boolean;
  /** Takes no new calls any more. */
  retire(): void;
  /** Rejects what was not started. */
  rejectUnstarted(): void;
  /** The same; from here on what the peer asks is passed over. */
  refuse(): void;
  /** The peer, which was dialled, has said that it is about to close. */
  onAdvice(): void;
  /** The peer has said what was the last call it read. */
  onLastRead(id: number): void;
  /** The peer has not answered the end. */
  onUnanswered(): void;
}

/**
 * The gentle end of a connection: nothing new is begun, what was begun is finished. Who may be called says so twice, first
 * as advice, then as its last word, with the last call that it has read: what comes behind never ran. The dialler closes,
 * once its own calls are settled and its last word is said.
 */
export class Drain {
  /** Whether the peer has said its last word: it reads no more calls. */
  heard = false;
  /** Whether the last byte has been said. */
  ended = false;
  readonly #connection: Connection;
  readonly #session: Drained;
  #waiting: (() => void)[] = [];
  #begun = false;
  /** The peer has seen the advice, or has had its time to. */
  #seen = false;
  #said = false;
  /** The dialler closes a drained connection, once its last call is settled. */
  #endWhenIdle = false;
  #patience: Timer | undefined;
  #closed = false;

  constructor(connection: Connection, session: Drained) {
    this.#connection = connection;
    this.#session = session;
  }

  /** Begins the end of a ready connection. May be asked more than once. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#session.retire();
    tellDraining(this.#connection.peer);
    if (this.#session.role === "dialler") this.#endWhenIdle = true;
    if (this.#session.serves) this.#advise();
    else this.onIdle();
  }

  /** Calls `done` when the connection is closed. */
  whenClosed(done: () => void): void {
    this.#waiting.push(done);
  }

  /** Takes a drain frame of the peer's. */
  onFrame(final: boolean, lastId: number): void {
    this.#session.retire();
    if (!final) {
      // Who is closing itself has nowhere else to write to, nor has who was dialled.
      if (!this.#begun && this.#session.role === "dialler") this.#session.onAdvice();
      return;
    }
    this.heard = true;
    this.#session.onLastRead(lastId);
    this.#endWhenIdle = true;
    this.onIdle();
  }

  /** The peer has seen all that was said before the ping it answers. */
  onPong(): void {
    if (this.#patience === undefined) return;
    this.#patience.cancel();
    this.#patience = undefined;
    // What came in the same read is not in its place yet: only then is it known what was not started.
    this.#connection.clock.afterReads(() => {
      if (!this.#closed) this.#onSeen();
    });
  }

  /** Called when something ended that a drain may have waited for. */
  onIdle(): void {
    if (this.#seen && !this.#said && !this.#session.listens()) this.#sayLastWord();
    if (!this.#endWhenIdle || this.#session.pending() > 0) return;
    // Who is here to be closed first says what it has read: the peer may have called it in this moment.
    if (this.#session.serves && this.#session.role === "dialler" && !this.#said) {
      if (this.#begun && !this.#seen) return;
      this.#sayLastWord();
    }
    this.#endWhenIdle = false;
    this.ended = true;
    this.#connection.outbox.finish();
    // Nobody is owed anything any more: a peer that does not answer the end must not hold up who closes.
    this.#connection.clock.setTimer(() => this.#session.onUnanswered(), this.#patienceMs).unref();
  }

  /** The connection is closed, whatever way. */
  onClosed(): void {
    this.#closed = true;
    // Nobody awaits it any more: it must not keep the process alive.
    this.#patience?.cancel();
    this.#patience = undefined;
    this.#endWhenIdle = false;
    for (const done of this.#waiting.splice(0)) done();
  }

  /** Advice first; the last word only when the peer has seen it, so that what it sent before is not lost. */
  #advise(): void {
    const { outbox, clock } = this.#connection;
    this.#patience = clock.setTimer(() => this.#onSeen(), this.#patienceMs);
    outbox.frame(Kind.drain, 0, 0, 0);
    outbox.frame(Kind.ping, 0, 0, 0);
  }

  get #patienceMs(): number {
    return this.#session.twoWay() ? twoWayPatienceMs : patienceMs;
  }

  #onSeen(): void {
    this.#patience = undefined;
    this.#seen = true;
    if (!this.#session.twoWay()) this.#session.rejectUnstarted();
    this.onIdle();
  }

  #sayLastWord(): void {
    this.#said = true;
    // What was read and not started is rejected before the last word: after it the peer takes what was read for run.
    this.#session.refuse();
    this.#connection.outbox.frame(Kind.drain, 0, 1, this.#session.lastId());
  }
}
