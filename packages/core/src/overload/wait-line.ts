import type { Priority } from "../contract/call.js";
import { Chain } from "./chain.js";
import { type Lane, Level, type Line, type Source, type Startable, Waiting } from "./waiting.js";

const ranks: Readonly<Record<Priority, number>> = { critical: 0, normal: 1, sheddable: 2 };

/**
 * Calls that wait for the same thing. Higher priorities go first; within one, connections take turns, so that one that
 * floods waits for itself; within a connection the oldest or the newest goes first, as whoever takes says. A connection
 * that had nothing waiting goes before the others while the newest go first. After the flow queues of RFC 8290, with
 * calls in place of packets.
 */
export class WaitLine implements Line {
  size = 0;
  readonly #levels = [new Level(), new Level(), new Level()] as const;

  add(source: Source, call: Startable, newestFirst: boolean): void {
    const level = this.#levels[ranks[call.priority]]!;
    let lane = level.lanes.get(source);
    if (lane === undefined) {
      lane = { source, level, calls: new Chain(), turn: undefined };
      lane.turn = newestFirst ? level.turns.prepend(lane) : level.turns.append(lane);
      level.lanes.set(source, lane);
    }
    new Waiting(call, this, lane);
    this.size++;
  }

  /** Takes out whose turn it is; undefined where none may go. */
  next(newestFirst: boolean): Waiting | undefined {
    for (const level of this.#levels) {
      for (let turn = level.turns.first; turn !== undefined; turn = level.turns.first) {
        const lane = turn.item;
        level.turns.remove(turn);
        lane.turn = undefined;
        if (lane.source.blocked) continue;
        const waiting = (newestFirst ? lane.calls.last : lane.calls.first)!.item;
        this.remove(waiting);
        if (lane.calls.size > 0) lane.turn = level.turns.append(lane);
        return waiting;
      }
    }
    return undefined;
  }

  /** Takes a call out that waits here. */
  remove({ call, lane, inLane, byAge }: Waiting): void {
    const { level } = lane;
    call.waiting = undefined;
    lane.calls.remove(inLane);
    level.byAge.remove(byAge);
    this.size--;
    if (lane.calls.size > 0) return;
    level.lanes.delete(lane.source);
    if (lane.turn !== undefined) level.turns.remove(lane.turn);
    lane.turn = undefined;
  }

  /** When the oldest call that may go had arrived, in ms on the clock; Infinity where none may. */
  oldestAt(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { byAge } of this.#levels) {
      let link = byAge.first;
      while (link?.item.source.blocked) link = link.after;
      if (link !== undefined && link.item.call.startedAt < oldest) oldest = link.item.call.startedAt;
    }
    return oldest;
  }

  /** The oldest of the lowest priority. */
  leastWanted(): Waiting | undefined {
    return this.#lowest()?.byAge.first?.item;
  }

  /**
   * Whose place a call takes where no more may wait: the newest of the lowest priority, of the connection that has most
   * waiting there. Undefined where that is the call itself.
   */
  giveWay(source: Source, call: Startable): Waiting | undefined {
    const level = this.#lowest();
    if (level === undefined) return undefined;
    const own = this.#levels[ranks[call.priority]] === level ? (level.lanes.get(source)?.calls.size ?? 0) : -1;
    if (ranks[call.priority] > this.#levels.indexOf(level)) return undefined;
    // Who has its fair share already gives way itself: no look at the others.
    if (own >= 0 && own * level.lanes.size >= level.byAge.size) return undefined;
    let longest: Lane | undefined;
    for (const lane of level.lanes.values()) {
      if (longest === undefined || lane.calls.size > longest.calls.size) longest = lane;
    }
    return longest?.calls.size === own ? undefined : longest?.calls.last?.item;
  }

  /** Calls `look` with each that waits, the oldest of the highest priority first; it may take that one out. */
  each(look: (waiting: Waiting) => void): void {
    for (const { byAge } of this.#levels) for (let at = byAge.first; at !== undefined; at = at.after) look(at.item);
  }

  /** Calls `look` with each of a connection's. */
  eachOf(source: Source, look: (waiting: Waiting) => void): void {
    for (const { lanes } of this.#levels) {
      for (let at = lanes.get(source)?.calls.first; at !== undefined; at = at.after) look(at.item);
    }
  }

  /** A connection takes answers again. */
  unblock(source: Source): void {
    for (const { lanes, turns } of this.#levels) {
      const lane = lanes.get(source);
      if (lane !== undefined && lane.turn === undefined) lane.turn = turns.append(lane);
    }
  }

  /** Places have become free: who could not go on may look again. */
  unblockAll(): void {
    for (const { lanes, turns } of this.#levels) for (const lane of lanes.values()) lane.turn ??= turns.append(lane);
  }

  #lowest(): Level | undefined {
    return this.#levels.findLast(({ byAge }) => byAge.size > 0);
  }
}
