import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "./failures.js";
import type { LeaseId } from "./file-names.js";
import { type Owner, type Verdict, verdictOn } from "./owner.js";
import type { LeaseSeen } from "./reader.js";

/** Sweeps in a row without a beat after which a lease is hidden, and after which its files are removed. */
const silentSweeps = 3;
const abandonedSweeps = 30;

/**
 * How far a heartbeat that is seen for the first time may lie from now, in ms, for its lease to be believed before it
 * beats again.
 */
const freshMs = 10_000;

/**
 * How many processes are looked for in one sweep, as long as each then has its turn every fourth sweep; where many
 * watch, somebody looks at each all the time.
 */
const looksPerSweep = 25;
const mostSweepsBetween = 4;

/** What is to be thought of leases. */
export interface Judgement {
  /** Leases which are not to be listed. */
  readonly hidden: ReadonlySet<LeaseId>;
  /** Leases whose files may be removed, since their owners never come back, or have been silent for long. */
  readonly ended: readonly LeaseId[];
}

/** Tells living leases from dead ones. */
export interface Liveness {
  /**
   * Judges all leases; to be called about once a second. Silence is counted in calls, so that neither a change of the
   * clock nor a stall of our own process ends anybody's lease.
   */
  sweep(leases: readonly LeaseSeen[]): Promise<Judgement>;
  /** Judges all leases for somebody who wants to know now. */
  look(leases: readonly LeaseSeen[]): Promise<Judgement>;
}

/**
 * Returns what tells living leases from dead ones, as seen from `self`.
 *
 * On the machine of its owner a lease lives as long as the process does, told by its number and its start: one that
 * is killed is found at the next sweep, one that is merely stopped keeps its lease. Elsewhere the heartbeat file
 * tells: a lease is hidden when it has not moved for three sweeps, shown again when it moves, and removed after
 * thirty.
 */
export function createLiveness(heartbeats: string, self: Owner): Liveness {
  const alive = new Set<LeaseId>();
  const pulses = new Map<LeaseId, Pulse>();
  // Processes that start together take turns in different order.
  let sweeps = self.pid;

  const judge = async (
    leases: readonly LeaseSeen[],
    verdict: (lease: LeaseSeen) => Verdict,
    feel: (id: LeaseId) => Promise<Pulse>,
  ): Promise<Judgement> => {
    const hidden = new Set<LeaseId>();
    const ended: LeaseId[] = [];
    const verdicts = leases.map((lease) => verdict(lease));
    for (const [i, { id }] of leases.entries()) {
      if (verdicts[i] === "alive") continue;
      const silent = verdicts[i] === "dead" ? abandonedSweeps : (await feel(id)).silent;
      if (silent >= silentSweeps) hidden.add(id);
      if (silent >= abandonedSweeps) ended.push(id);
    }
    return { hidden, ended };
  };

  const lookAt = ({ id, owner }: LeaseSeen): Verdict => {
    const verdict = verdictOn(owner, self);
    if (verdict === "alive") alive.add(id);
    else alive.delete(id);
    return verdict;
  };

  const feelAnew = async (id: LeaseId): Promise<Pulse> => {
    const { beat, fresh } = await beatOf(join(heartbeats, id));
    const last = pulses.get(id);
    const pulse = {
      beat,
      silent: last === undefined ? (fresh ? 0 : silentSweeps) : last.beat === beat ? last.silent + 1 : 0,
    };
    pulses.set(id, pulse);
    return pulse;
  };

  return {
    sweep: async (leases) => {
      sweeps++;
      const present = new Set(leases.map(({ id }) => id));
      for (const known of [alive, pulses]) {
        for (const id of known.keys()) if (!present.has(id)) known.delete(id);
      }
      const between = Math.min(Math.ceil(leases.length / looksPerSweep), mostSweepsBetween);
      const turn = (id: LeaseId) => (Number.parseInt(id.slice(0, 4), 16) + sweeps) % between === 0;
      return judge(leases, (lease) => (alive.has(lease.id) && !turn(lease.id) ? "alive" : lookAt(lease)), feelAnew);
    },
    look: (leases) => judge(leases, lookAt, async (id) => pulses.get(id) ?? feelAnew(id)),
  };
}

/** What was seen of a lease that only its heartbeat can speak for. */
interface Pulse {
  readonly beat: string;
  /** Sweeps since it last moved. */
  readonly silent: number;
}

async function beatOf(file: string): Promise<{ beat: string; fresh: boolean }> {
  try {
    const { mtimeMs } = await stat(file);
    return { beat: String(mtimeMs), fresh: Math.abs(Date.now() - mtimeMs) < freshMs };
  } catch (error) {
    if (isMissing(error)) return { beat: "none", fresh: false };
    throw error;
  }
}
