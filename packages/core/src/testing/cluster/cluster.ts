import type { Random } from "../../contract/clock.js";
import type { NetworkConditions } from "./conditions.js";
import { forkedRandom } from "./forked-random.js";
import { Network } from "./network.js";
import { SimulatedProcess } from "./process.js";
import { ProcessClock } from "./process-clock.js";
import { SimulatedRegistry } from "./registry.js";
import { Trace } from "./trace.js";
import { Rank, settled, VirtualTime } from "./virtual-time.js";

/** How long `finish` waits unless told otherwise, in ms of virtual time. */
const usualPatienceMs = 3_600_000;

export interface ClusterOptions {
  /** Everything that is left to chance follows from it. Defaults to 1. */
  readonly seed?: number;
  /** How bytes get from any process to any other, until `network` says otherwise. */
  readonly network?: NetworkConditions;
  /** Hears everything that happens, a line each. */
  readonly onTrace?: (line: string) => void;
}

/** Servers and clients in one process, on virtual time, with a simulated network and registry between them. */
export interface Cluster {
  /** Virtual time, in ms from the beginning. Processes have clocks of their own. */
  readonly nowMs: number;
  /** What registers and watches through `process.registry` goes to. */
  readonly registry: SimulatedRegistry;
  /** Connections of which an end is open. */
  readonly connections: number;
  /** The most bytes that any stream holds: received and not taken, or written and not yet with the system. */
  readonly mostHeldBytes: number;
  /** Things that happened, and a digest of them: two runs of one seed have the same. */
  readonly events: number;
  readonly digest: string;
  /** Starts a process. Throws where one of that name is running. */
  process(name: string): SimulatedProcess;
  /** Returns random numbers that nobody else draws from: the same for the same name and seed. */
  random(name: string): Random;
  /** Lets `run` happen in so many ms. */
  after(delayMs: number, run: () => void): void;
  /** Calls `look` after everything that happens; what it throws, `advance` and `finish` reject with. */
  observe(look: () => void): () => void;
  /** Moves time on by `ms`; all that was to happen by then has. */
  advance(ms: number): Promise<void>;
  /** Moves time on until `promise` has settled and settles as it did. Rejects where it has not within `withinMs`, an hour unless given. */
  finish<T>(promise: Promise<T>, withinMs?: number): Promise<T>;
  /** Changes how bytes get from one process to another. What is left out stays as it is. */
  network(from: string, to: string, conditions: NetworkConditions): void;
  /** Nothing gets from one process to another any more, and neither end hears of it. The way back is left alone. */
  block(from: string, to: string): void;
  /** The way is free again: what waited comes now. */
  unblock(from: string, to: string): void;
  /** Both ways at once. */
  partition(a: string, b: string): void;
  heal(a: string, b: string): void;
  /** Breaks the connections between two processes: both ends see a reset, what was under way is lost. Returns how many. */
  cut(a: string, b: string): number;
}

/**
 * Returns a cluster for tests. What runs in it is the real `serve` and `connect`; only time, chance, network and
 * registry are simulated, and a seed repeats a run to the last byte, as long as handlers wait for nothing but
 * `process.pause` and calls within the cluster.
 *
 *     const cluster = createCluster({ seed: 7 });
 *     const one = cluster.process("one");
 *     await one.serve({ services: [bind(Arith, { add: (a, b) => a + b })] });
 *     const connector = cluster.process("caller").connect({ address: one.address });
 *     await cluster.finish(connector.client(Arith).add(1, 2)); // 3
 */
export function createCluster({ seed = 1, network: conditions = {}, onTrace }: ClusterOptions = {}): Cluster {
  const trace = new Trace(onTrace);
  const time = new VirtualTime(trace);
  const network = new Network(time, seed, conditions);
  const registry = new SimulatedRegistry();
  const processes = new Map<string, SimulatedProcess>();
  const starts = new Map<string, number>();

  const start = (name: string): SimulatedProcess => {
    const count = (starts.get(name) ?? 0) + 1;
    starts.set(name, count);
    const instance = `${name}-${count}`;
    const random = forkedRandom(seed, instance);
    const clock = new ProcessClock(time, instance, Math.floor(random() * 1_000_000));
    const process = new SimulatedProcess(name, instance, clock, random, { time, network, registry, replace });
    processes.set(name, process);
    return process;
  };
  const replace = ({ name }: SimulatedProcess): SimulatedProcess => start(name);

  return {
    registry,
    get nowMs() {
      return time.now;
    },
    get connections() {
      return network.connections;
    },
    get mostHeldBytes() {
      return network.mostHeldBytes;
    },
    get events() {
      return trace.events;
    },
    get digest() {
      return trace.digest;
    },
    process(name) {
      const before = processes.get(name);
      if (before !== undefined && before.running !== "gone") throw new Error(`a process "${name}" is running already`);
      return start(name);
    },
    random: (name) => forkedRandom(seed, name),
    after: (delayMs, run) => void time.after(delayMs, Rank.timer, "", run),
    observe: (look) => time.observe(look),
    advance: (ms) => time.until(time.now + ms),
    async finish<T>(promise: Promise<T>, withinMs = usualPatienceMs): Promise<T> {
      let over = false;
      const done = (): void => {
        over = true;
      };
      promise.then(done, done);
      const untilMs = time.now + withinMs;
      await settled();
      while (!over) if (!(await time.step(untilMs))) throw new Error(notFinished(time.now, withinMs));
      return promise;
    },
    network(from, to, changed) {
      const route = network.route(from, to);
      route.conditions = { ...route.conditions, ...changed };
    },
    block(from, to) {
      network.route(from, to).blocked = true;
    },
    unblock: (from, to) => network.route(from, to).free(),
    partition(a, b) {
      network.route(a, b).blocked = true;
      network.route(b, a).blocked = true;
    },
    heal(a, b) {
      network.route(a, b).free();
      network.route(b, a).free();
    },
    cut: (a, b) => network.cut(a, b),
  };
}

function notFinished(nowMs: number, withinMs: number): string {
  return `it has not settled by ${nowMs} ms of virtual time, though ${withinMs} ms were given: nothing that is left to happen settles it`;
}
