/** How long handlers may be started in one turn of the event loop, in ms. */
const budgetMs = 5;
/** How many are started before the clock is looked at, where they cost next to nothing; else a share of what would fit. */
const mostStarts = 64;
const share = 0.25;
/** What starting one costs, in ms, while nothing is known of it. */
const firstCostMs = 1;
/** How slowly it is forgotten what starting one cost. */
const memory = 0.7;

/** The time in which handlers may be started before the network has its turn again. */
export class TurnBudget {
  #usedMs = 0;
  #lastMs = 0;
  /** What starting one costs, in ms: the dearest of late. */
  #costMs = firstCostMs;

  get spent(): boolean {
    return this.#usedMs >= budgetMs;
  }

  /** Whether it is time to ask for the network's turn, so that what is used in many short turns does not add up. */
  get wantsRenewal(): boolean {
    return this.#usedMs >= budgetMs / 2;
  }

  /** How many to start before the clock is looked at. */
  get starts(): number {
    const fit = Math.floor(((budgetMs - this.#usedMs) / this.#costMs) * share);
    return fit < mostStarts ? Math.max(1, fit) : mostStarts;
  }

  /** The network has had its turn. */
  renew(): void {
    this.#usedMs = 0;
  }

  /** Says what starting some took so far; promise reactions may cost more. */
  use(count: number, tookMs: number): void {
    this.#usedMs += tookMs;
    this.#lastMs = tookMs;
    if (count > 0 && tookMs > this.#costMs * count) this.#costMs = tookMs / count;
  }

  /** Says what the same took with their promise reactions. */
  used(count: number, tookMs: number): void {
    this.#usedMs += Math.max(0, tookMs - this.#lastMs);
    if (count === 0) return;
    const costMs = tookMs / count;
    this.#costMs = costMs > this.#costMs ? costMs : this.#costMs * memory + costMs * (1 - memory);
  }
}
