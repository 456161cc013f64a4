import type { Random } from "@rpc/core";
import { type NetworkConditions, seededRandom } from "@rpc/core/testing";

/** Something that goes wrong, and for how long. */
export interface Fault {
  readonly atMs: number;
  readonly forMs: number;
  readonly what:
    | "cut"
    | "block"
    | "partition"
    | "crash server"
    | "crash client"
    | "stop server"
    | "stop client"
    | "drain server"
    | "close client"
    | "slow"
    | "registry down"
    | "registry silent"
    | "registry empty"
    | "watches lost"
    | "leases lost";
  /** Drawn anew by what needs to know where: indices are taken modulo what is there. */
  readonly a: number;
  readonly b: number;
}

/** What one seed does. */
export interface Plan {
  readonly servers: number;
  readonly clients: number;
  readonly viaRegistry: boolean;
  readonly network: NetworkConditions;
  readonly limits: {
    readonly inFlight: number;
    readonly sendQueueEntries: number;
    readonly sendQueueBytes: number;
    readonly highWaterBytes: number;
    readonly partialBytes: number;
    readonly messageBytes: number;
    readonly streams: number;
    readonly streamCreditBytes: number;
    readonly connectionCreditBytes: number;
    readonly streamIdleMs: number;
  };
  /** Streams that a server takes of all its connections. */
  readonly serverStreams: number;
  /** Calls with streams. */
  readonly streamCalls: number;
  readonly handlersRunning: number;
  readonly waitQueueEntries: number;
  readonly waitQueueBytes: number;
  readonly compression: "deflate" | false;
  readonly whenFull: "evict" | "refuse";
  readonly durationMs: number;
  readonly calls: number;
  /** Calls that are made at one moment. */
  readonly burst: number;
  readonly faults: readonly Fault[];
}

const faultNames: readonly Fault["what"][] = [
  "cut",
  "cut",
  "block",
  "partition",
  "crash server",
  "crash server",
  "crash client",
  "stop server",
  "stop server",
  "stop client",
  "drain server",
  "drain server",
  "close client",
  "slow",
  "registry down",
  "registry silent",
  "registry empty",
  "watches lost",
  "leases lost",
];

/** Returns the random numbers that a seed's plan is drawn from. */
export function forkFor(seed: number): Random {
  // Seeds next to each other begin alike: a few are drawn and forgotten.
  const random = seededRandom(Math.imul(seed, 0x9e3779b1));
  for (let drawn = 0; drawn < 16; drawn++) random();
  return random;
}

export const between = (random: Random, low: number, high: number): number =>
  low + Math.floor(random() * (high - low + 1));

export function pick<T>(random: Random, among: readonly T[]): T {
  return among[Math.floor(random() * among.length)]!;
}

/** Returns limits of streams that go together: less credit than that is refused at start. */
function creditOf(random: Random): Pick<Plan["limits"], "streams" | "streamCreditBytes" | "connectionCreditBytes"> {
  const streams = pick(random, [4, 64, 1_024]);
  const streamCreditBytes = pick(random, [2_048, 32_768, 262_144]);
  const creditBytes = pick(random, [32_768, 4_194_304]);
  return { streams, streamCreditBytes, connectionCreditBytes: Math.max(creditBytes, 1_024 * streams) };
}

/** Returns what a seed does. */
export function planOf(random: Random): Plan {
  const durationMs = pick(random, [200, 1_000, 3_000]);
  const faults = Array.from(
    { length: between(random, 0, 6) },
    (): Fault => ({
      atMs: random() * durationMs,
      forMs: pick(random, [1, 5, 30, 200, 1_000, 4_000, 12_000]) * (0.5 + random()),
      what: pick(random, faultNames),
      a: between(random, 0, 5),
      b: between(random, 0, 5),
    }),
  );
  const plan: Plan = {
    servers: between(random, 1, 3),
    clients: between(random, 1, 2),
    viaRegistry: random() < 0.7,
    network: {
      latencyMs: pick(random, [0, 0.1, 0.5, 5]),
      jitterMs: pick(random, [0, 0.1, 2]),
      bytesPerMs: pick(random, [1_000, 10_000, 100_000]),
      sliceChance: pick(random, [0, 0.1, 0.5]),
      sendBufferBytes: pick(random, [8_192, 65_536]),
      windowBytes: pick(random, [16_384, 131_072]),
    },
    limits: {
      inFlight: pick(random, [1, 8, 64, 1_024]),
      sendQueueEntries: pick(random, [8, 256, 4_096]),
      sendQueueBytes: pick(random, [100_000, 16_777_216]),
      highWaterBytes: pick(random, [4_096, 65_536, 1_048_576]),
      partialBytes: pick(random, [100_000, 16_777_216]),
      messageBytes: 300_000,
      ...creditOf(random),
      streamIdleMs: pick(random, [4_000, 300_000, 300_000]),
    },
    serverStreams: pick(random, [8, 20_000, 20_000]),
    streamCalls: pick(random, [0, 0, 5, 20, 40]),
    handlersRunning: pick(random, [8, 64, 8_192, 8_192]),
    waitQueueEntries: pick(random, [4, 1_024, 1_024]),
    waitQueueBytes: pick(random, [50_000, 16_777_216, 16_777_216]),
    compression: random() < 0.25 ? "deflate" : false,
    whenFull: pick(random, ["evict", "refuse"]),
    durationMs,
    calls: pick(random, [30, 100, 200]),
    burst: random() < 0.2 ? pick(random, [100, 500]) : 0,
    faults,
  };
  return random() < 0.1 ? rolling(plan, random) : plan;
}

/** Nothing goes wrong but that servers are shut down one after the other, as in a rolling restart. */
function rolling(plan: Plan, random: Random): Plan {
  const drain = (a: number): Fault => ({
    atMs: 600 + 900 * a + random() * 300,
    forMs: 0,
    what: "drain server",
    a,
    b: 0,
  });
  return { ...plan, servers: 3, viaRegistry: true, durationMs: 3_000, faults: [drain(0), drain(1)] };
}
