import type { Clock } from "../contract/clock.js";

/** So many failures within this long, in ms, slow a place down. */
const failuresAllowed = 5;
const withinMs = 60_000;
/** Places that are remembered; above it the one that failed longest ago is forgotten. */
const placesKept = 10_000;

/** Which places have lately failed to prove who they are. Bounded, however many there are. */
export class RecentFailures {
  readonly #clock: Clock;
  /** When each place failed, the last times, oldest first; the place that failed last stands last. */
  readonly #failedAt = new Map<string, readonly number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Places that are remembered. */
  get size(): number {
    return this.#failedAt.size;
  }

  add(place: string): void {
    const before = this.#failedAt.get(place) ?? [];
    this.#failedAt.delete(place);
    this.#failedAt.set(place, [...before, this.#clock.now()].slice(-failuresAllowed));
    if (this.#failedAt.size <= placesKept) return;
    for (const oldest of this.#failedAt.keys()) {
      this.#failedAt.delete(oldest);
      return;
    }
  }

  /** Whether a place has failed five times within the last 60 s. */
  tooMany(place: string): boolean {
    const times = this.#failedAt.get(place);
    return times?.length === failuresAllowed && this.#clock.now() - times[0]! < withinMs;
  }
}
