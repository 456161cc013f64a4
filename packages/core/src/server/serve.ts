import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import { systemClock } from "../clock/system-clock.js";
import { defaultCodecs } from "../codecs/default-codecs.js";
import type { Peer } from "../contract/call.js";
import type { Clock } from "../contract/clock.js";
import { RpcError } from "../contract/errors.js";
import { guarded } from "../contract/guarded-logger.js";
import type { PeerCertificate } from "../contract/identity.js";
import { type Logger, silent } from "../contract/logger.js";
import type { Binding } from "../contract/method.js";
import type { Address, Entry, NodeState } from "../contract/registry.js";
import type { Listener, Transport } from "../contract/transport.js";
import { withNamed } from "../discovery/named-tags.js";
import { createHost } from "../host/create-host.js";
import { checkPeerCalls } from "../host/peer-call-options.js";
import { peerCalling } from "../host/peer-calling.js";
import { reflectionOf } from "../host/reflection.js";
import { servedStats } from "../host/served-stats.js";
import { namesOf } from "../service/aliases.js";
import { checkOptions } from "../service/check-options.js";
import { checkCodecs } from "../service/codecs-option.js";
import { checkKeepAlive } from "../service/keep-alive-option.js";
import { checkLimits } from "../service/limits-option.js";
import { checkTransports } from "../service/transports-option.js";
import { compressionOf } from "../session/compression-option.js";
import { ErrorClasses } from "../session/error-classes.js";
import { PartialBudget } from "../session/partial-budget.js";
import { Session } from "../session/session.js";
import type { Judge } from "../session/session-options.js";
import { StreamBudget } from "../session/stream-budget.js";
import { UnsentBudget } from "../session/unsent-budget.js";
import { Attempts } from "../stats/attempts.js";
import { Ledger } from "../stats/ledger.js";
import { MethodTable } from "../stats/method-table.js";
import type { ServerStats } from "../stats/snapshots.js";
import { schemeOf } from "../transport/address.js";
import { defaultTransports } from "../transport/default-transports.js";
import { isDoneWhenWritten } from "../transport/done-when-written.js";
import { Arrivals } from "./arrivals.js";
import { checkListen } from "./check-listen.js";
import { connectionsAtMost } from "./connections-at-most.js";
import { countRefused } from "./count-refused.js";
import { HeldBack } from "./held-back.js";
import { createJudge } from "./judge.js";
import { type OnPeer, Peers } from "./peers.js";
import { limitedByMessage, rateLimited } from "./rate-limited.js";
import { Registrar } from "./registrar.js";
import { type ServeOptions, serveOptionKinds } from "./serve-options.js";

const noRoom = { code: "resource_exhausted", reason: "TOO_MANY_CONNECTIONS" } as const;
const shuttingDown = { code: "unavailable", reason: "DRAINING" } as const;
const floods = { code: "resource_exhausted", reason: "ENHANCE_YOUR_CALM" } as const;
const refusedByHook = { code: "unavailable", reason: "REFUSED_BY_ON_CONNECT" } as const;

/** Connections above the limit that are open at once, to be told why they are closed. */
const mostRefused = 64;
/** How long those are asked to stay away, in ms. */
const crowdedMs = 1_000;

/** A server that listens. */
export interface Server {
  /** Where it listens: a port of 0 has become the one the system chose. */
  readonly address: Address;
  /** The id under which it is registered. */
  readonly instance: string;
  /** Connections that are open, without those whose peer has gone while handlers of its oneway calls still run. */
  readonly connections: number;
  /**
   * Returns the peers that are connected now and take calls: `createClient(Push, peer.invoke)` calls what one offers.
   * Whoever loses its connection and dials again is another peer.
   */
  peers(): readonly Peer[];
  /**
   * Calls `onPeer` with each peer that is connected now, and with each that connects later, once it may be called;
   * `peer.closed` tells when it has gone. Returns what ends that.
   */
  onPeer(onPeer: OnPeer): () => void;
  /** Returns what was counted since the server was made or reset. A snapshot: plain JSON, see docs/stats.md. */
  stats(): ServerStats;
  /** Begins to count anew. Calls without an answer, and connections that are open, count on. */
  resetStats(): void;
  /**
   * Changes what is registered of this instance, under each of its services: clients see it as a changed list. Rejects with
   * `failed_precondition` / `NOT_REGISTERED` where it has no registry, and with a TypeError for what cannot be. Where the
   * registry cannot be told now it rejects with `unavailable`, and is told as soon as that is possible. It is kept over a
   * loss of the registration, and forgotten with the instance.
   */
  setState(patch: NodeState): Promise<void>;
  /**
   * Ends gently: deregisters, tells its peers, lets handlers finish and answers leave, for `drainMs` at most, then ends
   * what is left. May be called twice.
   */
  close(): Promise<void>;
}

/**
 * Listens, then registers; resolves when both are done. Rejects where it cannot listen, where the registry refuses what is
 * to be registered, and with `invalid_argument` where the options do not fit together. A registry that is away is waited for,
 * for 5 s; then it serves all the same, and registers as soon as it can.
 */
export async function serve(options: ServeOptions): Promise<Server> {
  const server = new ListeningServer(options);
  await server.start();
  return server;
}

class ListeningServer implements Server {
  readonly instance: string;
  readonly #options: ServeOptions;
  readonly #settings;
  /** Calls that it made of its peers. */
  readonly #peerCalls = new MethodTable();
  readonly #services: readonly string[];
  readonly #sessions: Ledger<Session>;
  readonly #peers: Peers;
  readonly #accepts = new Attempts();
  readonly #arrivals: Arrivals | undefined;
  readonly #heldBack: HeldBack;
  readonly #judge: Judge | undefined;
  /** For what strangers can cause. */
  readonly #doorLog: Logger;
  #slowReaders = 0;
  /** Sessions without a stream, whose oneway calls still run. */
  #orphaned = 0;
  #listener: Listener | undefined;
  #registrar: Registrar | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: ServeOptions) {
    checkOptions("serve", options, serveOptionKinds);
    checkTransports("serve", options.transports);
    checkCodecs("serve", options.codecs);
    checkServed(options);
    this.#options = options;
    this.instance = options.instance ?? randomUUID();
    const {
      clock = systemClock,
      random = Math.random,
      services,
      invoke,
      interceptors,
      authorize,
      admissions,
    } = options;
    const whole = guarded(options.logger ?? silent);
    const logger = limitedByMessage(whole, clock);
    const { whenFull = "evict", ...peerCalls } = checkPeerCalls("serve", options.peerCalls);
    this.#settings = {
      clock,
      random,
      logger,
      limits: checkLimits("serve", options.limits),
      errors: new ErrorClasses("serve", options.errors),
      keepAlive: checkKeepAlive("serve", options.keepAlive),
      codecs: options.codecs ?? defaultCodecs,
      compression: compressionOf("serve", options.compression),
      cluster: options.cluster ?? "",
      whenFull,
      host: createHost({
        services,
        invoke,
        methodOptions: options.methodOptions,
        reflection: options.reflection === false ? undefined : this.#reflection(clock),
        interceptors,
        authorize,
        admissions,
        ambient: options.ambient ?? false,
        inFlight: undefined,
        handlersRunning: options.handlersRunning ?? 8_192,
        waitQueueEntries: options.waitQueueEntries ?? 1_024,
        waitQueueBytes: options.waitQueueBytes ?? 16 * 1_048_576,
        contract: options.contract,
        clock,
        logger,
      }),
      callPeer: peerCalling({
        interceptors: peerCalls.interceptors,
        retry: peerCalls.retry,
        clock,
        random,
        table: this.#peerCalls,
      }),
      transports: { ...defaultTransports, ...options.transports } as Readonly<Record<string, Transport>>,
      listen: options.listen ?? "tcp://127.0.0.1:0",
      maxConnections: options.connections ?? connectionsAtMost(),
      partials: new PartialBudget(options.partialBytes ?? 268_435_456, clock),
      unsent: new UnsentBudget(options.unsentBytes ?? 268_435_456),
      streamBudget: new StreamBudget(options.streams ?? 20_000),
      drainMs: options.drainMs ?? 25_000,
    };
    const { limits } = this.#settings;
    const { authenticate, onConnect } = options;
    this.#sessions = new Ledger(() => clock.now());
    this.#peers = new Peers(this.#sessions, logger);
    this.#doorLog = rateLimited(whole, clock);
    this.#heldBack = new HeldBack(clock);
    this.#judge = authenticate && createJudge(authenticate, clock, this.#doorLog);
    this.#arrivals = onConnect && new Arrivals(onConnect, limits.helloMs, clock, this.#doorLog);
    this.#services = options.services?.flatMap(({ service }) => namesOf(service)) ?? [];
  }

  #reflection(clock: Clock): Binding {
    const { services, contract, cluster = "" } = this.#options;
    return reflectionOf({
      services,
      contract,
      instance: this.instance,
      cluster,
      clock,
      draining: () => this.#closed !== undefined,
      stats: () => this.stats(),
    });
  }

  get address(): Address {
    return this.#listener?.address ?? this.#settings.listen;
  }

  get connections(): number {
    return this.#sessions.size - this.#orphaned + (this.#arrivals?.size ?? 0) + this.#heldBack.size;
  }

  peers(): readonly Peer[] {
    return this.#peers.list();
  }

  onPeer(onPeer: OnPeer): () => void {
    return this.#peers.listen(onPeer);
  }

  stats(): ServerStats {
    const total = this.#sessions.total();
    const made = this.#peerCalls;
    return {
      ...servedStats(total, this.#settings.host.queue),
      toPeers: { calls: made.total().stats(total.made.total()), methods: made.stats(total.made) },
      accepts: this.#accepts.stats(),
      slowReaders: this.#slowReaders,
      partialBytes: this.#settings.partials.bytes,
      ...this.#sessions.stats(total),
    };
  }

  resetStats(): void {
    this.#accepts.reset();
    this.#slowReaders = 0;
    this.#peerCalls.reset();
    this.#sessions.reset();
  }

  async start(): Promise<void> {
    const { listen, transports, clock, random, logger } = this.#settings;
    const { registry, advertise, weight = 1, tags: others = {} } = this.#options;
    const transport = transports[schemeOf(listen)];
    if (transport === undefined)
      throw badOption(`no transport for ${listen}: known are ${Object.keys(transports).join(", ")}`);
    checkListen(this.#options, listen, transport);
    this.#listener = await transport.listen(
      listen,
      (stream, remote, certificate) => this.#accept(stream, remote, certificate),
      {
        logger: this.#doorLog,
        refused: (error, remote, stream) => {
          this.#doorLog.warn("a peer was not let in", { peer: remote, reason: error.reason, detail: error.message });
          if (stream !== undefined) return this.#accept(stream, remote, undefined, error);
          this.#accepts.begin();
          countRefused(this.#accepts, remote, error);
        },
      },
    );
    try {
      // Names are resolved by now: "localhost" is what the machine's tables say.
      checkListen(this.#options, this.address, transport);
    } catch (error) {
      await this.#listener.close();
      throw error;
    }
    if (registry === undefined) return;
    const address = advertise ?? this.address;
    const tags = withNamed(others, this.#options);
    const entries = this.#services.map(
      (service): Entry => ({ service, id: this.instance, address, weight, tags, inactive: false }),
    );
    this.#registrar = new Registrar({ registry, entries, clock, random, logger });
    try {
      await this.#registrar.start();
    } catch (error) {
      const ended = new RpcError("unavailable", `${address} could not be registered and ends: see its registry`, {
        reason: "REGISTER_FAILED",
        processed: "maybe",
      });
      // Nobody could close what comes in from here on.
      this.#closed = this.#listener.close();
      this.#heldBack.endAll();
      this.#arrivals?.refuseAll(ended);
      await this.#closed;
      this.#end(ended);
      throw error;
    }
  }

  async setState(patch: NodeState): Promise<void> {
    if (this.#registrar === undefined || this.#closed !== undefined) {
      throw new RpcError("failed_precondition", `${this.address} is not registered: give serve a registry`, {
        reason: "NOT_REGISTERED",
        processed: "no",
      });
    }
    await this.#registrar.setState(patch);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { clock, drainMs } = this.#settings;
    const patience = clock.setTimer(() => {
      this.#end(
        new RpcError(
          "unavailable",
          `${this.address} shut down, and the call did not end within its drainMs ${drainMs}`,
          {
            reason: "DRAINING",
            processed: "maybe",
          },
        ),
      );
    }, drainMs);
    // All within drainMs: a registry that is gone takes at most a fifth of it.
    await this.#registrar?.release(drainMs / 5);
    const unlistened = this.#listener?.close();
    this.#heldBack.endAll();
    await unlistened;
    this.#arrivals?.refuseAll(
      new RpcError("unavailable", `${this.address} is shutting down`, { reason: "DRAINING", processed: "no" }),
    );
    await Promise.all([...this.#sessions].map((session) => session.drain()));
    patience.cancel();
  }

  #end(error: RpcError): void {
    for (const session of this.#sessions) session.close(error);
  }

  #accept(stream: Duplex, remote: Address, certificate?: PeerCertificate, refusal?: RpcError): void {
    const { maxConnections } = this.#settings;
    this.#accepts.begin();
    const excess = this.connections - maxConnections;
    // Some of those too many are told why; where they come faster than that, they are just closed.
    if (excess >= mostRefused || this.#closed !== undefined) {
      countRefused(this.#accepts, remote, this.#closed === undefined ? noRoom : shuttingDown);
      stream.on("error", () => {});
      stream.destroy();
      return;
    }
    if (excess >= 0) {
      this.#open(stream, remote, certificate, refusal ?? tooManyConnections(maxConnections));
      return;
    }
    const heldBack = this.#heldBack.judge(remote);
    if (heldBack === "full") {
      countRefused(this.#accepts, remote, floods);
      stream.on("error", () => {});
      stream.destroy();
    } else if (heldBack === "wait") {
      this.#heldBack.hold(
        stream,
        () => this.#letIn(stream, remote, certificate, refusal),
        () => countRefused(this.#accepts, remote, floods),
      );
    } else {
      this.#letIn(stream, remote, certificate, refusal);
    }
  }

  #letIn(stream: Duplex, remote: Address, certificate?: PeerCertificate, refusal?: RpcError): void {
    // A peer that was refused is no connection for the user's hook: it is only told why.
    if (this.#arrivals === undefined || refusal !== undefined) this.#open(stream, remote, certificate, refusal);
    else
      void this.#arrivals.letIn(stream, this.address, remote, certificate).then((through) => {
        if (through !== undefined) this.#open(through, remote, certificate, refusal);
        else countRefused(this.#accepts, remote, refusedByHook);
      });
  }

  #open(stream: Duplex, remote: Address, certificate?: PeerCertificate, refusal?: RpcError): void {
    if (this.#closed !== undefined) {
      countRefused(this.#accepts, remote, shuttingDown);
      stream.destroy();
      return;
    }
    let ready = false;
    let orphaned = false;
    const session = new Session({
      role: "acceptor",
      stream,
      reusesPages: isDoneWhenWritten(stream),
      address: remote,
      certificate,
      judge: this.#judge,
      refusal,
      instance: this.instance,
      listener: {
        onReady: ({ peer }) => {
          ready = true;
          this.#peers.tell(peer);
        },
        onRetired: () => {},
        onOrphaned: () => {
          orphaned = true;
          this.#orphaned++;
        },
        onClosed: (error) => {
          if (orphaned) this.#orphaned--;
          if (!ready) countRefused(this.#accepts, remote, error);
          this.#heldBack.onClosed(remote, error);
          if (error.reason === "SLOW_READER" && error.origin === "local") this.#slowReaders++;
          this.#sessions.delete(session);
        },
      },
      // Last: spread first, every object would have a hidden class of its own.
      ...this.#settings,
    });
    this.#sessions.add(session);
  }
}

function tooManyConnections(most: number): RpcError {
  return new RpcError("resource_exhausted", `this server has ${most} connections, as many as it may (connections)`, {
    reason: "TOO_MANY_CONNECTIONS",
    processed: "no",
    retryAfterMs: crowdedMs,
  });
}

/** One thing is served, and only what has names can be registered. */
function checkServed({ services, invoke, methodOptions, registry }: ServeOptions): void {
  if ((services === undefined) === (invoke === undefined)) {
    throw badOption("serve: give either services, a list of what bind returns, or invoke, one function for every call");
  }
  if (services !== undefined && methodOptions !== undefined) {
    throw badOption("serve: methodOptions says what a bare invoke answers; those of services are in their descriptors");
  }
  if (invoke !== undefined && registry !== undefined) {
    throw badOption(
      "serve: a bare invoke has no services that could be registered: leave the registry out, or give services",
    );
  }
}

function badOption(message: string): RpcError {
  return new RpcError("invalid_argument", message, { reason: "BAD_OPTION", processed: "no" });
}
