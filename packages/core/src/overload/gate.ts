import { crowded, noPlace, overloaded, type Refusal } from "./refusals.js";
import { Standing } from "./standing.js";
import { WaitLine } from "./wait-line.js";
import type { Source, Startable, Waiting } from "./waiting.js";

/** While a queue stands a call that has a timeout may wait for this share of it. */
const patience = 0.1;
/** How long a call may wait that has no timeout, as streams, in ms: a thousand of them may be opened at once, and their first items take longer than calls. */
const patienceWithoutTimeoutMs = 10_000;
/** How often those that wait are looked through at most, in ms. */
const lookMs = 10;
/** Once calls had to be given up: after how long a call makes room for newer ones, in ms, and for how much of them, as ms of starts. */
const sheddingMs = 5;
const keptMs = 10;
const windowMs = 100;

/** Handlers of a server, or of one method, with the bound on how many run, and the calls that wait for them. */
export class Gate {
  running = 0;
  readonly line = new WaitLine();
  readonly standing = new Standing();
  readonly limit: number;
  readonly #noPlace: Refusal;
  readonly #overloaded = overloaded();
  readonly #crowded = crowded();
  #lookAt = Number.POSITIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** `what` is whose handlers, `option` what bounds them; both are told to who is turned away. */
  constructor(what: string, limit: number, option: string) {
    this.limit = limit;
    this.#noPlace = noPlace(what, limit, option);
  }

  get full(): boolean {
    return this.running >= this.limit;
  }

  /** Why a call is given up that has waited for too long. */
  refusalFor(source: Source): Refusal {
    if (this.full) return this.#noPlace;
    return source.crowding ? this.#crowded : this.#overloaded;
  }

  /** Notes a call that begins to wait. */
  noteWaiting(call: Startable): void {
    const until = patientUntil(call);
    if (until < this.#lookAt) this.#lookAt = until;
  }

  /** Whether a call has waited for too long, and has not expired. */
  tooLong(call: Startable, now: number): boolean {
    return this.standing.now && now >= patientUntil(call) && now < call.deadline;
  }

  observe(now: number): void {
    this.standing.observe(this.line.size === 0 ? 0 : Math.max(0, now - this.line.oldestAt()), now);
  }

  /** Calls `giveUp` with each call that has waited for too long or is not worth waiting any more. */
  giveUp(now: number, giveUp: (waiting: Waiting, expired: boolean) => void): void {
    if (now >= this.#lookAt && now - this.#lookedAt >= lookMs) this.#look(now, giveUp);
    if (!this.standing.shedding) return;
    const kept = Math.max(1, Math.ceil((this.standing.startsInWindow * keptMs) / windowMs));
    while (this.line.size > kept) {
      const least = this.line.leastWanted();
      if (least === undefined || now - least.call.startedAt < sheddingMs) return;
      giveUp(least, false);
    }
  }

  #look(now: number, giveUp: (waiting: Waiting, expired: boolean) => void): void {
    this.#lookedAt = now;
    let next = Number.POSITIVE_INFINITY;
    this.line.each((waiting) => {
      const { call, source } = waiting;
      if (call.deadline <= now) giveUp(waiting, true);
      else if (source.crowding ? patientUntil(call) <= now : !source.blocked && this.tooLong(call, now))
        giveUp(waiting, false);
      else next = Math.min(next, patientUntil(call));
    });
    this.#lookAt = next;
  }
}

function patientUntil({ startedAt, deadline }: Startable): number {
  const waitMs = deadline === Number.POSITIVE_INFINITY ? patienceWithoutTimeoutMs : (deadline - startedAt) * patience;
  return startedAt + waitMs;
}
