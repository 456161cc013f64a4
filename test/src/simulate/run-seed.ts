import { assertClockAtRest } from "@rpc/core/testing";
import { forkFor, type Plan, planOf } from "./plan.js";
import type { Sabotage } from "./saboteur.js";
import { World } from "./world.js";

/** The most that a stream of node's holds: what was received and not taken, and one write. */
const streamBytes = 65_536 * 3;

/** How often the figures of all ends are looked at. */
const eventsPerLook = 200;
/** Longer than any call may take. */
const longestWaitMs = 10_000;
/** Longer than a call with streams may take where no deadline was set: a lost peer is found by then. */
const longestStreamMs = 60_000;
/** In which what is over is told to the other side. */
const quietMs = 2_000;

/** Twice the longest backoff of a connection, and of a watch. */
const recoveryMs = 70_000;

export interface SeedResult {
  readonly seed: number;
  readonly digest: string;
  readonly events: number;
  readonly calls: number;
  /** How many calls ended in which way: "ok", or the reason of their error. */
  readonly endings: Readonly<Record<string, number>>;
  readonly virtualMs: number;
  readonly violations: readonly string[];
  readonly plan: Plan;
}

/** What of a seed's plan is left out. */
export interface Less {
  /** Faults of the plan, by their places in it, that do not happen. */
  readonly without?: readonly number[];
  /** Only so many calls of the plan are made. */
  readonly calls?: number;
}

export interface SeedOptions extends Less {
  /** Done to what each end says of streams: for tests that rules are seen broken. */
  readonly sabotage?: Sabotage;
  readonly onTrace?: (line: string) => void;
}

/** Runs one seed from its beginning to the end. */
export async function runSeed(seed: number, { onTrace, sabotage, ...less }: SeedOptions = {}): Promise<SeedResult> {
  const drawn = planOf(forkFor(seed));
  // Blocks are not looked into.
  const plan = sabotage === undefined ? drawn : { ...drawn, compression: false as const };
  const world = new World(seed, plan, { onTrace, sabotage });
  const { cluster, calls, streams, ledger } = world;
  const fail = (error: unknown): void => ledger.violated(error instanceof Error ? (error.stack ?? "") : String(error));
  const onRejection = (error: unknown): void => ledger.violated(`nobody handled: ${String(error)}`);
  process.on("unhandledRejection", onRejection);
  process.on("uncaughtException", onRejection);
  const heldBound = streamBytes + plan.limits.highWaterBytes + plan.limits.messageBytes;
  let looks = 0;
  cluster.observe(() => {
    calls.look();
    if (++looks % eventsPerLook === 0) world.checkBounds();
    if (cluster.mostHeldBytes > heldBound) ledger.violated(`a stream holds ${cluster.mostHeldBytes} bytes`);
  });
  try {
    schedule(world, plan, less);
    await cluster.advance(plan.durationMs);
    world.heal();
    for (let waitedMs = 0; calls.pending > 0 && waitedMs < longestWaitMs; waitedMs += 100) await cluster.advance(100);
    if (calls.pending > 0) ledger.violated(`${calls.pending} calls have not settled`);
    for (let waitedMs = 0; streams.pending > 0 && waitedMs < longestStreamMs; waitedMs += 500)
      await cluster.advance(500);
    if (streams.pending > 0) ledger.violated(`${streams.pending} calls with streams have not ended`);
    await recovered(world);
    await cluster.advance(quietMs);
    world.checkStreamsAtRest();
    await cluster.finish(world.close(), 120_000);
    await cluster.advance(3_000);
    if (cluster.connections > 0) ledger.violated(`${cluster.connections} connections are left`);
    for (const { clock, instance } of world.processes) {
      if (clock.keepingAlive > 0) ledger.violated(`${instance} is kept alive by ${clock.keepingAlive} timers`);
    }
    await cluster.advance(120_000);
    for (const { clock, instance } of world.processes) {
      if (clock.timers > 0) ledger.violated(`${clock.timers} timers of ${instance} are left`);
      await assertClockAtRest(clock, 0);
    }
    world.checkRest();
    if (isCalm(plan) && calls.vanished > world.givenUp)
      ledger.violated(`${calls.vanished} oneway calls vanished, and only ${world.givenUp} were given up`);
    const gentle = world.alwaysServed && plan.faults.every(({ what }) => what === "drain server");
    calls.atEnd(gentle);
    streams.atEnd(gentle);
  } catch (error) {
    fail(error);
  }
  process.removeListener("unhandledRejection", onRejection);
  process.removeListener("uncaughtException", onRejection);
  return {
    seed,
    digest: cluster.digest,
    events: cluster.events,
    calls: calls.made + streams.made,
    endings: { ...calls.endings, ...streams.endings },
    virtualMs: cluster.nowMs,
    violations: ledger.violations,
    plan,
  };
}

/** Nothing goes wrong, and there is room and time for every call. */
function isCalm({ faults, handlersRunning, limits, network }: Plan): boolean {
  const room = handlersRunning >= 8_192 && limits.inFlight >= 64;
  return faults.length === 0 && room && (network.bytesPerMs ?? 0) >= 10_000;
}

/** A cluster in which everything is well again must answer again, within the longest backoff. */
async function recovered(world: World): Promise<void> {
  const { cluster, ledger } = world;
  const untilMs = cluster.nowMs + recoveryMs;
  for (let round = 1; cluster.nowMs < untilMs; round++) {
    if (await cluster.finish(world.probe(round))) return;
    await cluster.advance(1_000);
  }
  ledger.violated(`${recoveryMs} ms after everything was well again not all clients were answered`);
}

function schedule(world: World, plan: Plan, less: Less): void {
  const { cluster } = world;
  const random = cluster.random("schedule");
  const at = (atMs: number, run: () => void) => cluster.after(atMs, run);
  const most = less.calls ?? Number.POSITIVE_INFINITY;
  for (let call = 0; call < plan.calls; call++) {
    const atMs = random() * plan.durationMs;
    if (call < most) at(atMs, () => world.call(call));
  }
  const burstAt = random() * plan.durationMs;
  at(burstAt, () => {
    for (let call = 0; call < Math.min(plan.burst, most - plan.calls); call++) world.call(call);
  });
  const streams = cluster.random("schedule of streams");
  for (let stream = 0; stream < plan.streamCalls; stream++) {
    const atMs = streams() * plan.durationMs;
    if (stream < most) at(atMs, () => world.stream(stream));
  }
  for (const [index, fault] of plan.faults.entries()) {
    if (less.without?.includes(index) !== true) at(fault.atMs, () => world.strike(fault));
  }
}
