import { p2cPeakEwmaWith } from "@rpc/balancer";
import { type Client, type Connector, type Logger, type OnConnect, type Server, withOptions } from "@rpc/core";
import { type Cluster, createCluster, type SimulatedProcess } from "@rpc/core/testing";
import { Bounds } from "./bounds.js";
import { Calls } from "./calls.js";
import { CreditTap } from "./credit-tap.js";
import { Ledger } from "./ledger.js";
import type { Fault, Plan } from "./plan.js";
import { type Sabotage, Saboteur } from "./saboteur.js";
import { StreamCalls } from "./stream-calls.js";
import { type StreamerClient, StreamerService, streamerOf } from "./stream-work.js";
import { plainWork, type Worker, WorkerService, workerOf } from "./work.js";

/** How long a server lets handlers finish, in ms. */
const drainMs = 8_000;

/** How much wider the window of a reader may be that keeps up. */
const windowStretch = 4;
/** Headers of an item in many parts. */
const slackBytes = 65_536;

/** Calls at once that a healed cluster must answer to each client. */
const probes = 8;

/** A place for a server: processes come and go there. */
interface ServerPlace {
  process: SimulatedProcess;
  server: Server | undefined;
  servesSinceMs: number;
  outgoing: Connector;
  client: Client<Worker> | undefined;
}

interface ClientPlace {
  process: SimulatedProcess;
  connector: Connector;
  client: Client<Worker>;
  streamer: StreamerClient;
}

export interface WorldOptions {
  readonly onTrace?: ((line: string) => void) | undefined;
  /** Done to what each end says. */
  readonly sabotage?: Sabotage | undefined;
}

/** The servers and clients of a plan, and what goes wrong with them. */
export class World {
  readonly cluster: Cluster;
  readonly ledger: Ledger;
  readonly calls: Calls;
  readonly streams: StreamCalls;
  /** Each end of a connection, as somebody sees it who reads along. */
  readonly #taps: { readonly process: SimulatedProcess; readonly tap: CreditTap }[] = [];
  readonly #plan: Plan;
  readonly #sabotage: Sabotage | undefined;
  readonly #servers: ServerPlace[] = [];
  readonly #clients: ClientPlace[] = [];
  /** Things that are being closed. */
  readonly #closing: {
    readonly process: SimulatedProcess;
    readonly end: Connector | Server;
    readonly closed: Promise<void>;
  }[] = [];
  readonly #bounds: Bounds;
  /** Everything is being closed: nothing is started any more. */
  #over = false;
  /** Whether a server went when there was no other that clients had found by then. */
  #leftAlone = false;

  constructor(seed: number, plan: Plan, { onTrace, sabotage }: WorldOptions) {
    this.#plan = plan;
    this.#sabotage = sabotage;
    this.cluster = createCluster({ seed, network: plan.network, ...(onTrace && { onTrace }) });
    this.ledger = new Ledger({ handlersRunning: plan.handlersRunning, inFlight: plan.limits.inFlight });
    this.calls = new Calls(this.cluster, this.ledger);
    this.streams = new StreamCalls(this.cluster, this.ledger);
    this.#bounds = new Bounds(plan, this.ledger);
    for (let index = 0; index < plan.servers; index++) {
      this.#servers.push(this.#serverIn(this.cluster.process(`s${index}`)));
    }
    for (let index = 0; index < plan.clients; index++) {
      this.#clients.push(this.#clientIn(this.cluster.process(`c${index}`)));
    }
  }

  /** Whether clients could always find a server that was not going. */
  get alwaysServed(): boolean {
    return this.#plan.viaRegistry && !this.#leftAlone;
  }

  /** Everything that lives keeps to its bounds. */
  checkBounds(): void {
    for (const { process, connector } of this.#clients) {
      if (process.running !== "gone") this.#bounds.ofClient(process.instance, connector);
    }
    for (const { process, server, outgoing } of this.#servers) {
      if (process.running === "gone") continue;
      this.#bounds.ofClient(process.instance, outgoing);
      if (server !== undefined) this.#bounds.ofServer(process.instance, server);
    }
  }

  /** Calls that a full queue of this side or an overloaded server gave up, and said so in its figures. */
  get givenUp(): number {
    const clients = [
      ...this.#clients.map(({ connector }) => connector),
      ...this.#servers.map(({ outgoing }) => outgoing),
    ];
    const evicted = clients.reduce((sum, connector) => sum + connector.stats().evicted, 0);
    return this.#servers.reduce((sum, { server }) => sum + (server?.stats().turnedAway ?? 0), evicted);
  }

  /** Whatever was closed has nothing left. */
  checkRest(): void {
    const ends = [
      ...this.#clients.map(({ process, connector }) => ({ process, end: connector })),
      ...this.#servers.map(({ process, outgoing }) => ({ process, end: outgoing })),
      ...this.#servers.flatMap(({ process, server }) => (server === undefined ? [] : [{ process, end: server }])),
      ...this.#closing,
    ];
    for (const { process, end } of ends) if (process.running === "running") this.#bounds.atRest(process.instance, end);
  }

  /** All calls with streams are over, and nobody keeps anything of them. */
  checkStreamsAtRest(): void {
    for (const { process, tap } of this.#taps) if (!tap.closed && process.running === "running") tap.checkRest();
    for (const process of this.processes) {
      const producers = this.ledger.producers(process);
      if (producers > 0) this.ledger.violated(`${producers} producers of items are left in ${process.instance}`);
    }
    for (const { connector } of this.#clients) this.#bounds.noStreams("a client", connector);
    for (const { server } of this.#servers) if (server !== undefined) this.#bounds.noStreams("a server", server);
  }

  get processes(): readonly SimulatedProcess[] {
    return [...this.#servers, ...this.#clients].map(({ process }) => process);
  }

  call(index: number): void {
    const { process, client } = this.#clients[index % this.#clients.length]!;
    this.calls.make(process, client);
  }

  stream(index: number): void {
    const { process, streamer } = this.#clients[index % this.#clients.length]!;
    this.streams.make(process, streamer);
  }

  /** Lets something go wrong; after `forMs` it is well again. */
  strike(fault: Fault): void {
    const server = this.#servers[fault.a % this.#servers.length]!;
    const client = this.#clients[fault.b % this.#clients.length]!;
    const undo = this.#strike(fault, server, client);
    if (undo !== undefined) this.cluster.after(fault.forMs, undo);
  }

  /** Everything is well again. */
  heal(): void {
    const names = this.processes.map(({ name }) => name);
    for (const from of names) for (const to of names) this.cluster.unblock(from, to);
    this.cluster.registry.comeUp();
    this.cluster.registry.speak();
    for (const process of this.processes) this.#goOn(process);
    for (const place of this.#servers) if (place.process.running === "gone") this.#restartServer(place, place.process);
    for (const place of this.#clients) if (place.process.running === "gone") this.#restartClient(place, place.process);
  }

  /** Whether every client is answered, several calls at once. */
  async probe(round: number): Promise<boolean> {
    const tokens = Array.from({ length: this.#plan.handlersRunning < probes ? 1 : probes }, (_, n) => `p${round}.${n}`);
    const answers = this.#clients.flatMap(({ process, client }) =>
      tokens.map((token) => {
        const own = `${process.name}.${token}`;
        const call = withOptions(client, { timeoutMs: 2_000 }).again({ ...plainWork, token: own });
        return call.then(
          (done) => done.token === own,
          () => false,
        );
      }),
    );
    return (await Promise.all(answers)).every((answered) => answered);
  }

  /** Closes everything that lives. Resolves when it is closed. */
  async close(): Promise<void> {
    this.#over = true;
    const living = <T extends { process: SimulatedProcess }>(places: readonly T[]): T[] =>
      places.filter(({ process }) => process.running === "running");
    await Promise.all([
      ...living(this.#clients).map(({ connector }) => connector.close()),
      ...living(this.#servers).map(({ server }) => server?.close()),
      ...living(this.#closing).map(({ closed }) => closed),
    ]);
    await Promise.all(living(this.#servers).map(({ outgoing }) => outgoing.close()));
  }

  /** Returns what makes it well again, where time does not do that by itself. */
  #strike(fault: Fault, server: ServerPlace, client: ClientPlace): (() => void) | undefined {
    const { cluster } = this;
    const { registry } = cluster;
    const [s, c] = [server.process.name, client.process.name];
    switch (fault.what) {
      case "cut":
        cluster.cut(c, s);
        return undefined;
      case "block": {
        const [from, to] = fault.a < 3 ? [c, s] : [s, c];
        cluster.block(from, to);
        return () => cluster.unblock(from, to);
      }
      case "partition":
        cluster.partition(c, s);
        return () => cluster.heal(c, s);
      case "slow":
        cluster.network(s, c, { latencyMs: 100, bytesPerMs: 20 });
        return () => cluster.network(s, c, this.#plan.network);
      case "crash server":
        return this.#crashServer(server);
      case "crash client":
        return this.#crashClient(client);
      case "stop server":
        return this.#stop(server.process);
      case "stop client":
        return this.#stop(client.process);
      case "drain server":
        this.#drain(server);
        return undefined;
      case "close client":
        this.#closeClient(client);
        return undefined;
      case "registry down":
        registry.goDown();
        return () => registry.comeUp();
      case "registry silent":
        registry.fallSilent();
        return () => registry.speak();
      case "registry empty":
        registry.claimEmpty();
        return () => registry.speak();
      case "watches lost":
        registry.loseWatches();
        return undefined;
      case "leases lost":
        registry.loseLeases();
        return undefined;
    }
  }

  #crashServer(place: ServerPlace): () => void {
    const { process } = place;
    process.crash();
    place.server = undefined;
    return () => this.#restartServer(place, process);
  }

  #crashClient(place: ClientPlace): () => void {
    const { process } = place;
    this.calls.forget(process);
    this.streams.forget(process);
    process.crash();
    return () => this.#restartClient(place, process);
  }

  #closeClient(place: ClientPlace): void {
    const { process, connector } = place;
    if (process.running !== "running") return;
    this.#closing.push({ process, end: connector, closed: connector.close() });
    Object.assign(place, this.#clientIn(process));
  }

  #stop(process: SimulatedProcess): (() => void) | undefined {
    if (process.running !== "running") return undefined;
    process.stop();
    return () => this.#goOn(process);
  }

  #goOn(process: SimulatedProcess): void {
    if (process.running !== "stopped") return;
    process.goOn();
    this.calls.wentOn(process);
    this.streams.wentOn(process);
  }

  #drain(place: ServerPlace): void {
    const { process, server } = place;
    if (server === undefined || process.running !== "running") return;
    const foundByMs = this.cluster.nowMs - 500;
    const others = this.#servers.filter((other) => other !== place);
    if (!others.some((other) => other.server !== undefined && other.servesSinceMs <= foundByMs)) this.#leftAlone = true;
    place.server = undefined;
    // A process takes a moment to exit: what it said last has left by then.
    const closed = server.close().then(() => this.cluster.after(1, () => this.#restartServer(place, process)));
    this.#closing.push({ process, end: server, closed });
  }

  #restartServer(place: ServerPlace, gone: SimulatedProcess): void {
    // A crash may have come in between, and with it a start.
    if (place.process === gone && !this.#over) Object.assign(place, this.#serverIn(gone.restart()));
  }

  #restartClient(place: ClientPlace, gone: SimulatedProcess): void {
    if (place.process === gone) Object.assign(place, this.#clientIn(gone.restart()));
  }

  #serverIn(process: SimulatedProcess): ServerPlace {
    const outgoing = process.connect(this.#target(process));
    const client = outgoing.client(WorkerService);
    const place: ServerPlace = { process, server: undefined, servesSinceMs: 0, outgoing, client };
    const { limits, handlersRunning, waitQueueEntries, waitQueueBytes, viaRegistry, compression, serverStreams } =
      this.#plan;
    process
      .serve({
        services: [workerOf(process, this.ledger, () => client), streamerOf(process, this.ledger)],
        ambient: true,
        streams: serverStreams,
        onConnect: this.#tapIn(process),
        limits,
        handlersRunning,
        waitQueueEntries,
        waitQueueBytes,
        compression,
        drainMs,
        logger: this.#logger(process),
        ...(viaRegistry && { registry: process.registry }),
      })
      .then(
        (server) => {
          const now = this.#servers.find((each) => each.process === process);
          if (now === undefined) return;
          now.server = server;
          now.servesSinceMs = this.cluster.nowMs;
        },
        (error: unknown) => {
          // The registry is down: whoever starts servers tries again.
          if (!viaRegistry) this.ledger.violated(`${process.instance} did not start: ${String(error)}`);
          const again = (): void => {
            const now = this.#servers.find((each) => each.process === process);
            if (now === undefined || this.#over) return;
            if (process.running === "running") this.#restartServer(now, process);
            else if (process.running === "stopped") this.cluster.after(500, again);
          };
          this.cluster.after(500, again);
        },
      );
    return place;
  }

  #clientIn(process: SimulatedProcess): ClientPlace {
    const connector = process.connect(this.#target(process));
    return {
      process,
      connector,
      client: connector.client(WorkerService),
      streamer: connector.client(StreamerService),
    };
  }

  #tapIn(process: SimulatedProcess): OnConnect {
    const { limits } = this.#plan;
    const mostBytes = Math.max(limits.streamCreditBytes * windowStretch, limits.messageBytes) + slackBytes;
    return ({ stream }) => {
      const broken = (what: string): void => this.ledger.violated(`${process.instance} ${what}`);
      const saboteur = this.#sabotage && new Saboteur(this.#sabotage);
      this.#taps.push({ process, tap: new CreditTap(stream, mostBytes, broken, saboteur) });
    };
  }

  #target(process: SimulatedProcess) {
    const { viaRegistry, limits, whenFull, compression } = this.#plan;
    const settings = {
      limits,
      whenFull,
      compression,
      logger: this.#logger(process),
      onConnect: this.#tapIn(process),
    };
    return viaRegistry
      ? { ...settings, registry: process.registry, balancer: p2cPeakEwmaWith(process.random) }
      : { ...settings, address: "sim://s0" };
  }

  /** What is logged as an error is one of ours, but for what handlers throw. */
  #logger(process: SimulatedProcess): Logger {
    const nothing = (): void => {};
    return {
      debug: nothing,
      info: nothing,
      warn: nothing,
      error: (message, fields) => {
        const text = `${message} ${JSON.stringify(fields)}`;
        if (!text.includes("as asked")) this.#logged(process, text);
      },
    };
  }

  #logged(process: SimulatedProcess, text: string): void {
    if (/cannot be encoded|balancer|reading the connection/.test(text)) {
      this.ledger.violated(`${process.instance} logged: ${text}`);
    }
  }
}
