/** Streams open over all connections of a server. */
export class StreamBudget {
  readonly most: number;
  #taken = 0;

  constructor(most: number) {
    this.most = most;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Takes room for so many more, and returns whether there was room. */
  take(streams: number): boolean {
    if (this.#taken + streams > this.most) return false;
    this.#taken += streams;
    return true;
  }

  give(streams: number): void {
    this.#taken -= streams;
  }
}
