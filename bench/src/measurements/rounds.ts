import type { Pair } from "../processes/open-pair.js";
import { type Random, shuffled } from "../statistics/random.js";
import type { Cell, PlannedCell } from "./cells.js";
import type { Fleet } from "./fleet.js";

/** What one slice of one subject came to. */
export interface Sample {
  readonly callsPerSecond: number;
  /** Latency in µs; 0 where more than one call was in flight. */
  readonly p50Us: number;
  readonly p99Us: number;
  /** CPU time for each call, in µs, of all threads. */
  readonly clientCpuUs: number;
  readonly serverCpuUs: number;
}

/** By row id, and in each by round; undefined where the subject had failed. */
export type Samples = ReadonlyMap<string, readonly (Sample | undefined)[]>;

export interface RoundsOptions {
  readonly rounds: number;
  /** Measured span of each slice, in ms. */
  readonly sliceMs: number;
  readonly random: Random;
  readonly onRound: (round: number) => void;
}

const leadInMs = 30;

/**
 * Measures the cells of a fleet round by round. Within a cell every subject has its slice in an order drawn anew, so that those
 * which are compared run within two seconds of each other. Whatever is not at its turn is idle.
 */
export async function measureRounds(
  cells: readonly PlannedCell[],
  fleet: Fleet,
  { rounds, sliceMs, random, onRound }: RoundsOptions,
): Promise<Samples> {
  const samples = new Map<string, (Sample | undefined)[]>();
  for (const cell of cells) for (const subject of cell.subjects) samples.set(`${cell.id}/${subject}`, []);
  for (let round = 0; round < rounds; round++) {
    onRound(round);
    for (const cell of cells) {
      for (const subject of shuffled(cell.subjects, random)) {
        samples.get(`${cell.id}/${subject}`)!.push(await measure(fleet, subject, cell, sliceMs));
      }
    }
  }
  return samples;
}

async function measure(fleet: Fleet, subject: string, cell: Cell, sliceMs: number): Promise<Sample | undefined> {
  const pair = fleet.get(subject);
  if (pair === undefined) return undefined;
  try {
    return await measureSlice(pair, cell, sliceMs);
  } catch (cause) {
    await fleet.giveUp(subject, cause);
    return undefined;
  }
}

async function measureSlice({ client, server }: Pair, cell: Cell, sliceMs: number): Promise<Sample> {
  const { workload, inFlight } = cell;
  const serverBefore = await server.ask("cpu", {});
  const clientBefore = await client.ask("cpu", {});
  const options = { workload, inFlight, leadInMs, forMs: sliceMs, withLatency: inFlight === 1 };
  const { callsPerSecond, calls, p50Us, p99Us } = await client.ask("drive", options, sliceMs + 10_000);
  const clientCpuUs = ((await client.ask("cpu", {})) - clientBefore) / calls;
  const serverCpuUs = ((await server.ask("cpu", {})) - serverBefore) / calls;
  if (callsPerSecond === 0) throw new Error(`No call was answered within ${sliceMs} ms of ${cell.id}.`);
  return { callsPerSecond, p50Us, p99Us, clientCpuUs, serverCpuUs };
}
