import type { Started } from "../processes/guard.js";
import { openPair, type Pair } from "../processes/open-pair.js";
import { type WorkloadName, workloads } from "../workloads/workloads.js";

/** The subjects of one workload, each up for as long as it lives. */
export interface Fleet {
  /** Returns the subject's processes; undefined once it failed. */
  get(subject: string): Pair | undefined;
  /** Gives a subject up: ends its processes and keeps the reason. */
  giveUp(subject: string, cause: unknown): Promise<void>;
  /** Why subjects were given up, by their names. */
  readonly failures: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

export interface FleetOptions {
  readonly subjects: readonly string[];
  readonly workload: WorkloadName;
  readonly against: string | undefined;
  /** How long each subject runs before anything counts, in ms. */
  readonly warmUpMs: number;
  readonly onChild: (child: Started) => void;
}

/**
 * Starts subjects for one workload, checks their answers and warms them up, one after the other. Each workload has
 * processes of its own: what others did to the engine's notes on types would slow it, and some subjects more than others.
 * A subject that fails is given up; the others run.
 */
export async function openFleet(options: FleetOptions): Promise<Fleet> {
  const { subjects, workload, against, warmUpMs, onChild } = options;
  const pairs = new Map<string, Pair>();
  const failures = new Map<string, string>();
  const giveUp = async (subject: string, cause: unknown): Promise<void> => {
    failures.set(subject, cause instanceof Error ? cause.message : String(cause));
    const pair = pairs.get(subject);
    pairs.delete(subject);
    await pair?.kill();
  };

  for (const subject of subjects) {
    try {
      const pair = await openPair({ subject, against, onChild });
      pairs.set(subject, pair);
      await pair.client.ask("verify", { workload });
      await warmUp(pair, workload, warmUpMs);
    } catch (cause) {
      await giveUp(subject, cause);
    }
  }

  return {
    get: (subject) => pairs.get(subject),
    giveUp,
    failures,
    async close() {
      await Promise.all([...pairs.values()].map((pair) => pair.end()));
      pairs.clear();
    },
  };
}

/** A subject that makes too few calls in its time to be compiled is given up to five times as long. */
const longestStretch = 5;

/** With many in flight, then with one: both ways of a turn are compiled. */
async function warmUp({ client }: Pair, workload: WorkloadName, warmUpMs: number): Promise<void> {
  const common = { workload, leadInMs: 0, withLatency: false };
  let calls = 0;
  for (let stretch = 0; stretch < longestStretch && calls < workloads[workload].warmUpCalls; stretch++) {
    calls += (await client.ask("drive", { ...common, inFlight: 64, forMs: warmUpMs })).calls;
  }
  if (workload === "echo") {
    await client.ask("drive", { ...common, inFlight: 1, forMs: warmUpMs / 4, withLatency: true });
  }
}
