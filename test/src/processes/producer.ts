/** What a process makes calls with, as fast as it can and without awaiting any. */
export interface ProducerTask {
  readonly address: string;
  readonly calls: number;
  /** Calls made in each turn of the event loop. */
  readonly perTurn: number;
  readonly whenFull: "evict" | "wait";
  /** Calls under way above which the producer waits before it makes more. */
  readonly underWay: number;
}

/** What became of them. */
export interface ProducerSays {
  readonly answered: number;
  /** Failures by reason. */
  readonly failed: Readonly<Record<string, number>>;
  /** Those of them that may have run, as far as their errors say. */
  readonly uncertain: number;
  /** The highest number of a call that was evicted, and whether they were evicted in the order in which they were made. */
  readonly lastEvicted: number;
  readonly oldestFirst: boolean;
  /** The most that was seen of each. */
  readonly queueEntries: number;
  readonly queueBytes: number;
  readonly rssBytes: number;
  readonly rssBeforeBytes: number;
}
