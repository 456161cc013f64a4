/** Two figures of CoDel: a queue stands when its shortest wait within a window stays above the target. */
const windowMs = 100;
const targetMs = 5;

/**
 * Whether a queue stands, or only swallows a burst: Nichols & Jacobson, Controlling Queue Delay, ACM Queue 10(5), 2012,
 * with the consequence that Facebook draws for servers (Maurer, Fail at Scale, ACM Queue 13(8), 2015): newest first
 * while it stands. What is looked at is how long the oldest has waited, which is the wait of the next one while the
 * oldest goes first, and means the same while the newest does.
 */
export class Standing {
  /** Whether the last window found the queue standing. */
  now = false;
  /** Whether calls had to be given up since: what comes more than can be run would only wait to be given up. */
  shedding = false;
  #windowEndsAt = Number.NEGATIVE_INFINITY;
  #shortestMs = Number.POSITIVE_INFINITY;
  #starts = 0;
  #startsBefore = 0;
  #gaveUp = false;

  /** Calls started in a whole window, the last or the one at hand. */
  get startsInWindow(): number {
    return Math.max(this.#starts, this.#startsBefore);
  }

  /** Says how long the oldest has waited; 0 where none waits. */
  observe(waitMs: number, now: number): void {
    if (now >= this.#windowEndsAt) this.#turn(waitMs, now);
    if (waitMs < this.#shortestMs) this.#shortestMs = waitMs;
  }

  started(): void {
    this.#starts++;
  }

  /** A call was given up because of its wait, or because no more could wait. */
  gaveUp(): void {
    this.#gaveUp = true;
    if (this.now) this.shedding = true;
  }

  #turn(waitMs: number, now: number): void {
    // Where windows went by unseen, only what waited all the while says anything about them.
    const seen = now - this.#windowEndsAt < windowMs || waitMs > now - this.#windowEndsAt;
    this.now = seen && (this.#shortestMs > targetMs || (this.shedding && this.#gaveUp));
    if (!this.now) this.shedding = false;
    else if (this.#gaveUp) this.shedding = true;
    this.#startsBefore = seen ? this.#starts : 0;
    this.#starts = 0;
    this.#gaveUp = false;
    this.#shortestMs = Number.POSITIVE_INFINITY;
    this.#windowEndsAt = now + windowMs;
  }
}
