import type { Clock } from "../contract/clock.js";

/** How long a failure counts, in ms. */
const withinMs = 60_000;
/** Places that are remembered; above it the one that failed longest ago is forgotten. */
const placesKept = 10_000;

/** Which places have lately failed, to prove who they are or to behave, too often. Bounded, however many there are. */
export class RecentFailures {
  readonly #clock: Clock;
  readonly #allowed: number;
  /** When each place failed, the last times, oldest first; the place that failed last stands last. */
  readonly #failedAt = new Map<string, readonly number[]>();

  /** `allowed` failures within 60 s are too many. */
  constructor(clock: Clock, allowed: number) {
    this.#clock = clock;
    this.#allowed = allowed;
  }

  /** Places that are remembered. */
  get size(): number {
    return this.#failedAt.size;
  }

  add(place: string): void {
    const before = this.#failedAt.get(place) ?? [];
    this.#failedAt.delete(place);
    this.#failedAt.set(place, [...before, this.#clock.now()].slice(-this.#allowed));
    if (this.#failedAt.size <= placesKept) return;
    for (const oldest of this.#failedAt.keys()) {
      this.#failedAt.delete(oldest);
      return;
    }
  }

  /** Whether a place has failed as often as that within the last 60 s. */
  tooMany(place: string): boolean {
    const times = this.#failedAt.get(place);
    return times?.length === this.#allowed && this.#clock.now() - times[0]! < withinMs;
  }
}
