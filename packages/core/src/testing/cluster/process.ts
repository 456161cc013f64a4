import type { ConnectOptions } from "../../client/connect-options.js";
import { type Connector, connect } from "../../client/connector.js";
import type { Random } from "../../contract/clock.js";
import type { Registry } from "../../contract/registry.js";
import type { Transport } from "../../contract/transport.js";
import { type Server, serve } from "../../server/serve.js";
import type { ServeOptions } from "../../server/serve-options.js";
import type { Network } from "./network.js";
import type { ProcessClock, Running } from "./process-clock.js";
import type { SimulatedRegistry } from "./registry.js";
import { Rank, type VirtualTime } from "./virtual-time.js";

/** Where a process lives. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly network: Network;
  readonly registry: SimulatedRegistry;
  /** Makes what follows a process that is gone, at the same address. */
  readonly replace: (gone: SimulatedProcess) => SimulatedProcess;
}

/** One process of a cluster: code that was given its clock, its transport and its random numbers lives and dies with it. */
export class SimulatedProcess {
  /** Its host's name: it listens at `sim://name`. */
  readonly name: string;
  /** Its instance id: the name and how often a process of that name was started. */
  readonly instance: string;
  /** Its own time, which began at another moment than that of other processes. */
  readonly clock: ProcessClock;
  readonly random: Random;
  readonly transport: Transport;
  /** The cluster's registry. Closed by who uses it. */
  readonly registry: Registry;
  readonly #surroundings: Surroundings;

  constructor(name: string, instance: string, clock: ProcessClock, random: Random, surroundings: Surroundings) {
    this.name = name;
    this.instance = instance;
    this.clock = clock;
    this.random = random;
    this.#surroundings = surroundings;
    this.transport = surroundings.network.transportOf(this);
    this.registry = surroundings.registry.view(clock);
  }

  get address(): string {
    return `sim://${this.name}`;
  }

  get running(): Running {
    return this.clock.running;
  }

  /** Calls `serve` in this process. It listens at `sim://name` unless `options` say otherwise. */
  serve(options: ServeOptions): Promise<Server> {
    return serve({ listen: this.address, ...this.#shared(), ...options });
  }

  /** Calls `connect` in this process. */
  connect(options: ConnectOptions): Connector {
    return connect({ ...this.#shared(), ...options });
  }

  /** Resolves after so many ms of its time; never where it ends before. For handlers that take a while. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.setTimer(resolve, ms));
  }

  /** Ends it without a word, as SIGKILL does: its system closes its sockets, no code of it runs any more. */
  crash(): void {
    if (this.running === "gone") return;
    const { network, registry, time } = this.#surroundings;
    this.clock.end();
    network.forget(this);
    registry.forget(this.clock, (delayMs, run) => void time.after(delayMs, Rank.timer, "a lease runs out", run));
  }

  /** No code of it runs until `goOn`, as after SIGSTOP: connections are still accepted and bytes gather. */
  stop(): void {
    this.clock.stop();
  }

  /** As SIGCONT: timers that came due fire, then what gathered is read. */
  goOn(): void {
    this.clock.goOn();
  }

  /** Crashes it where it still runs; returns a new process with the same address, which serves nothing yet. */
  restart(): SimulatedProcess {
    this.crash();
    return this.#surroundings.replace(this);
  }

  #shared() {
    const { clock, random, instance } = this;
    return { clock, random, instance, transports: { sim: this.transport } };
  }
}
