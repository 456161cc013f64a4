/** How much is done of everything. */
export interface Sizes {
  readonly callsPerSecond: number;
  /** Of registrations: how long they outlive their process. */
  readonly ttlMs: number;
  /** Servers killed under idempotent calls, and under others. */
  readonly kills: number;
  readonly plainKills: number;
  /** From a kill to the restart, and from there to the next kill. */
  readonly restartMs: number;
  readonly settleMs: number;
  /** How long the registry is away. */
  readonly outageMs: number;
  /** Of restarts of every server. */
  readonly rounds: number;
  /** How long is measured with a slow server, and without; and how long calls are made before that. */
  readonly slowMs: number;
  readonly warmMs: number;
  /** Whether round robin is measured beside the default. */
  readonly roundRobin: boolean;
  /** How long all servers are unavailable, and how long calls are made before that. */
  readonly unavailableMs: number;
  readonly beforeMs: number;
  /** Whether what the machine disturbed is measured again. */
  readonly again: boolean;
  /** New servers, each of which is stopped again. */
  readonly newcomers: number;
}

const full: Sizes = {
  callsPerSecond: 2_000,
  ttlMs: 10_000,
  kills: 30,
  plainKills: 30,
  restartMs: 5_000,
  settleMs: 4_000,
  outageMs: 60_000,
  rounds: 20,
  slowMs: 10_000,
  warmMs: 2_000,
  roundRobin: true,
  unavailableMs: 10_000,
  beforeMs: 10_000,
  again: true,
  newcomers: 10,
};

/** All of it; ten minutes without a registry in place of one; a look in a few minutes; and what a test has time for. */
export const sizes = {
  full,
  long: { ...full, outageMs: 600_000 },
  quick: {
    ...full,
    ttlMs: 3_000,
    kills: 4,
    plainKills: 5,
    settleMs: 3_000,
    outageMs: 10_000,
    rounds: 3,
    slowMs: 4_000,
    newcomers: 3,
  },
  test: {
    callsPerSecond: 300,
    ttlMs: 2_000,
    kills: 1,
    plainKills: 2,
    restartMs: 1_000,
    settleMs: 1_500,
    outageMs: 4_000,
    rounds: 1,
    slowMs: 2_000,
    warmMs: 1_000,
    roundRobin: false,
    unavailableMs: 2_000,
    beforeMs: 1_000,
    again: false,
    newcomers: 1,
  },
} as const satisfies Readonly<Record<string, Sizes>>;
