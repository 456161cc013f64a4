import type { Clock } from "../contract/clock.js";
import type { Method } from "../contract/method.js";
import { Gate } from "./gate.js";
import { OrphanShare } from "./orphan-share.js";
import { queueFull, type Refusal } from "./refusals.js";
import { TurnBudget } from "./turn-budget.js";
import type { Source, Startable, Waiting } from "./waiting.js";

/** How often calls that wait are looked at while nothing else happens, in ms. */
const lookMs = 10;
/** What a rejected caller is asked to wait, in ms, and how far apart callers are spread so that they do not come back as one. */
const retryAfterMs = 100;
const retrySpreadMs = 100;
const spreadStep = 37;

/** Bounds of a server. */
export interface StartLimits {
  /** Handlers running at once. */
  readonly handlersRunning: number;
  /** Calls that wait for one, and bytes of their arguments. */
  readonly waitQueueEntries: number;
  readonly waitQueueBytes: number;
}

/**
 * Between the reading of a server's calls, over all its connections, and their handlers. What can be started is started
 * in the turn that read it, for 5 ms a turn; the rest waits, encoded, in order while the server is healthy, and newest
 * first while a queue stands. What has waited too long, or finds no room to wait, is turned away.
 */
export class StartQueue {
  /** Calls that wait, and bytes of their arguments. */
  waiting = 0;
  waitingBytes = 0;
  /** Calls turned away since the start, because too many came. */
  refused = 0;
  readonly orphans = new OrphanShare();
  readonly #clock: Clock;
  readonly #limits: StartLimits;
  readonly #all: Gate;
  /** By the paths of methods: a bare function's are made anew for each connection. */
  readonly #gates = new Map<string, Gate>();
  readonly #budget = new TurnBudget();
  readonly #tooManyEntries: Refusal;
  readonly #tooManyBytes: Refusal;
  #spread = 0;
  #scheduled = false;
  #looking = false;
  /** A connection was told that it is crowding, and is looked at again when a handler has settled. */
  #crowded = false;
  readonly #onTurn = (): void => {
    this.#scheduled = false;
    if (this.#crowded) {
      this.#crowded = false;
      for (const { line } of this.#lines()) line.unblockAll();
    }
    this.#budget.renew();
    this.#pump(this.#clock.now());
  };
  readonly #onLook = (): void => {
    this.#looking = false;
    if (this.waiting === 0) return;
    this.#giveUp(this.#clock.now());
    this.#look();
  };

  constructor(clock: Clock, limits: StartLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#all = new Gate("the server", limits.handlersRunning, "handlersRunning");
    this.#tooManyEntries = queueFull(limits.waitQueueEntries, "waitQueueEntries");
    this.#tooManyBytes = queueFull(limits.waitQueueBytes, "waitQueueBytes");
  }

  /** Handlers that were started and have not settled. */
  get running(): number {
    return this.#all.running;
  }

  /** Whether a connection has its share of places with so many handlers for which nobody waits. */
  crowdedBy(count: number): boolean {
    const crowded = this.orphans.crowdedBy(count, this.#all.limit);
    // Where no place is free all wait alike.
    if (!crowded || this.#all.full) return false;
    this.#crowded = true;
    return true;
  }

  /** Takes what a read brought, once it was parsed whole: starts what may be, and lets the rest wait. */
  take(source: Source, calls: readonly Startable[], now: number): void {
    if (this.#all.line.size === 0 && !this.#budget.spent) this.#start(source, calls, 0, now);
    else this.#waitFrom(source, calls, 0, now);
  }

  /** A handler has settled. */
  leave(method: Method): void {
    this.#all.running--;
    if (method.handlersRunning > 0) this.#gateOf(method).running--;
    if (this.waiting > 0) this.#schedule();
  }

  /** Takes a call out that waits, without a word to its peer. */
  remove(waiting: Waiting): void {
    waiting.line.remove(waiting);
    this.waiting--;
    this.waitingBytes -= waiting.call.sizeBytes;
  }

  /** A connection takes answers again. */
  unblock(source: Source): void {
    if (this.waiting === 0) return;
    for (const { line } of this.#lines()) line.unblock(source);
    this.#schedule();
  }

  /** Takes out all that wait of a connection, calling `each` with them. */
  removeAll(source: Source, each: (call: Startable) => void): void {
    if (this.waiting === 0) return;
    for (const { line } of this.#lines()) {
      line.eachOf(source, (waiting) => {
        this.remove(waiting);
        each(waiting.call);
      });
    }
  }

  /**
   * Starts some calls, then lets their promise reactions run before it goes on, so that what those cost is seen: many
   * a handler has done nothing yet when it returns its promise.
   */
  #start(source: Source, calls: readonly Startable[], from: number, now: number): void {
    const all = this.#all;
    all.standing.observe(Math.max(0, now - calls[from]!.startedAt), now);
    if (source.blocked) {
      this.#waitFrom(source, calls, from, now);
      return;
    }
    const end = Math.min(calls.length, from + this.#budget.starts);
    let index = from;
    for (; index < end && !all.full; index++) {
      const call = calls[index]!;
      if (all.tooLong(call, now)) this.#refuse(source, call, all);
      else this.#begin(source, call, now);
    }
    this.#budget.use(index - from, this.#clock.now() - now);
    if (index === calls.length) {
      if (this.#budget.wantsRenewal) this.#schedule();
    } else if (index < end) {
      this.#waitFrom(source, calls, index, now);
    } else {
      queueMicrotask(() => {
        const at = this.#clock.now();
        this.#budget.used(index - from, at - now);
        if (this.#budget.spent) this.#waitFrom(source, calls, index, at);
        else this.#start(source, calls, index, at);
      });
    }
  }

  #begin(source: Source, call: Startable, now: number): void {
    if (call.abandoned !== undefined) {
      source.forget(call);
      return;
    }
    if (call.deadline <= now) {
      source.expire(call);
      return;
    }
    // What a read brought is started in one go, and each of these takes a place of the connection's share.
    if (call.oneway && source.blocked) {
      this.#wait(source, call, this.#all);
      return;
    }
    if (call.method.handlersRunning > 0 && !this.#enter(source, call)) return;
    this.#all.running++;
    this.#all.standing.started();
    source.begin(call);
  }

  /** Takes a place among the handlers of a method that has a limit of its own, or waits for one. */
  #enter(source: Source, call: Startable): boolean {
    const gate = this.#gateOf(call.method);
    if (gate.full) {
      this.#wait(source, call, gate);
      return false;
    }
    gate.running++;
    gate.standing.started();
    return true;
  }

  #waitFrom(source: Source, calls: readonly Startable[], from: number, now: number): void {
    for (let index = from; index < calls.length; index++) {
      const call = calls[index]!;
      if (call.abandoned !== undefined) source.forget(call);
      else if (call.deadline <= now) source.expire(call);
      else this.#wait(source, call, this.#all);
    }
    if (!this.#all.full) this.#schedule();
  }

  #wait(source: Source, call: Startable, gate: Gate): void {
    if (!this.#makeRoom(source, call, gate)) return;
    source.hold(call);
    gate.noteWaiting(call);
    gate.line.add(source, call, gate.standing.shedding);
    this.waiting++;
    this.waitingBytes += call.sizeBytes;
    this.#look();
  }

  /** Lets calls of who waits with most give way, unless that is who asks: then it is turned away. */
  #makeRoom(source: Source, call: Startable, gate: Gate): boolean {
    const { waitQueueEntries, waitQueueBytes } = this.#limits;
    for (;;) {
      const bytesFull = this.waitingBytes + call.sizeBytes > waitQueueBytes;
      if (this.waiting < waitQueueEntries && !bytesFull) return true;
      const refusal = bytesFull ? this.#tooManyBytes : this.#tooManyEntries;
      const victim = call.sizeBytes > waitQueueBytes ? undefined : this.#longest(gate).line.giveWay(source, call);
      if (victim === undefined) {
        this.#send(source, call, refusal);
        return false;
      }
      this.remove(victim);
      this.#send(victim.source, victim.call, refusal);
    }
  }

  #longest(gate: Gate): Gate {
    let longest = gate;
    for (const other of this.#lines()) if (other.line.size > longest.line.size) longest = other;
    return longest;
  }

  /** Starts what waits, while there is time, and goes on in the next turn. */
  #pump(now: number): void {
    this.#giveUp(now);
    const starts = this.#budget.starts;
    let started = 0;
    for (; started < starts; started++) {
      const waiting = this.#next();
      if (waiting === undefined) break;
      const { source, call, line } = waiting;
      const gate = line === this.#all.line ? this.#all : this.#gateOf(call.method);
      if (gate.tooLong(call, now)) this.#refuse(source, call, gate);
      else this.#begin(source, call, now);
    }
    const later = this.#clock.now();
    this.#all.observe(later);
    this.#budget.use(started, later - now);
    if (this.waiting === 0 || started < starts) return;
    queueMicrotask(() => {
      const at = this.#clock.now();
      this.#budget.used(started, at - now);
      if (this.#budget.spent) this.#schedule();
      else this.#pump(at);
    });
  }

  /** Takes out whose turn it is, of those that may be started now. */
  #next(): Waiting | undefined {
    if (this.#all.full) return undefined;
    for (const gate of this.#gates.values()) {
      if (gate.full || gate.line.size === 0) continue;
      const waiting = gate.line.next(gate.standing.shedding);
      if (waiting !== undefined) return this.#taken(waiting);
    }
    const { line, standing } = this.#all;
    const waiting = line.next(standing.shedding);
    return waiting && this.#taken(waiting);
  }

  #taken(waiting: Waiting): Waiting {
    this.waiting--;
    this.waitingBytes -= waiting.call.sizeBytes;
    return waiting;
  }

  #giveUp(now: number): void {
    for (const gate of this.#lines()) {
      gate.observe(now);
      if (gate.line.size === 0) continue;
      gate.giveUp(now, (waiting, expired) => {
        this.remove(waiting);
        if (expired) {
          gate.standing.gaveUp();
          waiting.source.expire(waiting.call);
        } else {
          this.#refuse(waiting.source, waiting.call, gate);
        }
      });
    }
  }

  #refuse(source: Source, call: Startable, gate: Gate): void {
    gate.standing.gaveUp();
    this.#send(source, call, gate.refusalFor(source));
  }

  #send(source: Source, call: Startable, refusal: Refusal): void {
    this.refused++;
    this.#spread = (this.#spread + spreadStep) % retrySpreadMs;
    source.turnAway(call, refusal, retryAfterMs + this.#spread);
  }

  #gateOf(method: Method): Gate {
    let gate = this.#gates.get(method.path);
    if (gate === undefined) {
      gate = new Gate(method.path, method.handlersRunning, "handlersRunning of the method");
      this.#gates.set(method.path, gate);
    }
    return gate;
  }

  *#lines(): Iterable<Gate> {
    yield this.#all;
    yield* this.#gates.values();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.afterReads(this.#onTurn);
  }

  #look(): void {
    if (this.#looking) return;
    this.#looking = true;
    this.#clock.setTimer(() => this.#clock.afterReads(this.#onLook), lookMs).unref();
  }
}
