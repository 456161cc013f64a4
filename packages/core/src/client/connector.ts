import { randomUUID } from "node:crypto";
import { detached } from "../ambient/index.js";
import { systemClock } from "../clock/system-clock.js";
import { defaultCodecs } from "../codecs/default-codecs.js";
import type { Call, Invoke } from "../contract/call.js";
import type { Client } from "../contract/client.js";
import { RpcError } from "../contract/errors.js";
import { guarded } from "../contract/guarded-logger.js";
import { silent } from "../contract/logger.js";
import type { ServiceDescriptor } from "../contract/method.js";
import type { Endpoint } from "../contract/registry.js";
import type { Transport } from "../contract/transport.js";
import { peerCalling } from "../host/peer-calling.js";
import { servedStats } from "../host/served-stats.js";
import { retryAndBackUp } from "../interceptors/backup.js";
import { compose } from "../interceptors/compose.js";
import { recoveryBy } from "../interceptors/retry.js";
import { RetryPolicy } from "../interceptors/retry-policy.js";
import { checkKeepAlive } from "../service/keep-alive-option.js";
import { checkLimits } from "../service/limits-option.js";
import { compressionOf } from "../session/compression-option.js";
import { ErrorClasses } from "../session/error-classes.js";
import type { Session } from "../session/session.js";
import { Attempts } from "../stats/attempts.js";
import { Ledger } from "../stats/ledger.js";
import { MethodTable } from "../stats/method-table.js";
import type { ClientStats } from "../stats/snapshots.js";
import { schemeOf } from "../transport/address.js";
import { defaultTransports } from "../transport/default-transports.js";
import { Channel } from "./channel.js";
import { type ConnectOptions, checkConnectOptions } from "./connect-options.js";
import { ContractComparison } from "./contract-comparison.js";
import { countedDial } from "./counted-dial.js";
import { counting, countingDirect } from "./counting.js";
import { createClient } from "./create-client.js";
import { dial } from "./dial.js";
import { type Direct, noteDirect } from "./direct.js";
import { type FollowedService, followService } from "./follow-service.js";
import { Link, type LinkUser } from "./link.js";
import { noteListing } from "./listing.js";
import { hostOf, streamsOf } from "./offer.js";
import { indexOf } from "./subset.js";
import { Throttle } from "./throttle.js";
import { uncopied } from "./uncopied.js";

/** How long `close` lets calls finish, in ms, before it ends them. */
const drainMs = 25_000;

/** What a process calls others through. Owns its sockets, one for each address, shared by all services. */
export interface Connector {
  /** Returns the client of a service; its first call connects. */
  client<T>(service: ServiceDescriptor<T>): Client<T>;
  /** Returns what calls of a service go through, interceptors and retries included. */
  invokeFor(service: ServiceDescriptor): Invoke;
  /**
   * Connects now to the service's instances, before the first call, and keeps connected, with the waits of `backoff`: so
   * that servers can call what `serve` offers though this process calls nobody. Resolves when one is ready; rejects as a
   * call would where none is, and goes on trying.
   */
  ready(service: ServiceDescriptor): Promise<void>;
  /** Returns what was counted since the connector was made or reset. A snapshot: plain JSON, see docs/stats.md. */
  stats(): ClientStats;
  /** Begins to count anew. Calls without an outcome, and connections that are open, count on. */
  resetStats(): void;
  /** Begins no more calls, lets those under way finish, for 25 s at most, and closes all sockets. May be called twice. */
  close(): Promise<void>;
}

/**
 * Connects to services: at one address, or wherever the registry says. Nothing is dialled before the first call.
 * Throws `invalid_argument` where the options do not fit together.
 */
export function connect(options: ConnectOptions): Connector {
  checkConnectOptions(options);
  return new SocketConnector(options);
}

/** A service as it is called. */
interface Entry {
  /** Opened by the first call. */
  channel: Channel | undefined;
  invoke: Invoke;
  open(): Channel;
}

class SocketConnector implements Connector {
  readonly #options: ConnectOptions;
  readonly #settings;
  readonly #links = new Map<string, { link: Link; users: number }>();
  /** Links that nobody uses any more and that finish what was begun. */
  readonly #closingLinks = new Map<Link, Promise<void>>();
  readonly #channels = new Map<ServiceDescriptor, Entry>();
  readonly #lists = new Set<FollowedService>();
  readonly #stop = new AbortController();
  readonly #ledger: Ledger<Session>;
  readonly #calls = new MethodTable();
  readonly #dials = new Attempts();
  #ejections = 0;
  /** Undefined where nothing is known to compare with. */
  readonly #comparison: ContractComparison | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: ConnectOptions) {
    const {
      codecs = defaultCodecs,
      transports,
      clock = systemClock,
      random = Math.random,
      logger = silent,
      limits,
    } = options;
    this.#options = options;
    const safeLogger = guarded(logger);
    const { interceptors, retry } = options;
    this.#settings = {
      codecs,
      transports: { ...defaultTransports, ...transports } as Readonly<Record<string, Transport>>,
      clock,
      random,
      logger: safeLogger,
      limits: checkLimits("connect", limits),
      errors: new ErrorClasses("connect", options.errors),
      keepAlive: checkKeepAlive("connect", options.keepAlive),
      compression: compressionOf("connect", options.compression),
      cluster: options.cluster ?? "",
      instance: options.instance ?? randomUUID(),
      whenFull: options.whenFull ?? ("evict" as const),
      proof: options.credentials,
      insecure: options.insecure ?? false,
      onConnect: options.onConnect,
      connectMs: options.connectMs ?? 5_000,
      backoff: options.backoff ?? {},
      host: hostOf(options.serve, options.contract, clock, safeLogger),
      streamBudget: streamsOf(options.serve),
      callPeer: peerCalling({ interceptors, retry, clock, random, table: this.#calls }),
    };
    this.#ledger = new Ledger(() => clock.now());
    const { contract } = options;
    this.#comparison = contract && new ContractComparison(contract, clock, safeLogger);
  }

  client<T>(service: ServiceDescriptor<T>): Client<T> {
    const { clock } = this.#settings;
    const { timeoutMs } = this.#options;
    return createClient(service, this.invokeFor(service), { clock, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  }

  invokeFor(service: ServiceDescriptor): Invoke {
    return this.#entryOf(service).invoke;
  }

  async ready(service: ServiceDescriptor): Promise<void> {
    await this.#entryOf(service).open().ready();
  }

  #entryOf(service: ServiceDescriptor): Entry {
    if (!Array.isArray((service as Partial<ServiceDescriptor> | undefined)?.methods))
      throw new TypeError("a connector makes clients of what defineService returns, or serviceOf of @rpc/decorators");
    let known = this.#channels.get(service);
    if (known === undefined) {
      const { interceptors = [], retry: retryOptions } = this.#options;
      const { clock, random } = this.#settings;
      const elsewhere = (except: readonly string[]): boolean => entry.channel?.hasOther(except) ?? false;
      // Retries innermost: what wraps a call sees it once, however many attempts it takes.
      const policy = retryOptions === false ? undefined : new RetryPolicy(retryOptions, clock, random);
      const own = interceptors.length === 0 ? [] : [...interceptors, uncopied];
      const all = policy === undefined ? own : [...own, retryAndBackUp({ policy, clock, elsewhere })];
      const entry: Entry = {
        channel: undefined,
        invoke: (call) => first(call),
        open: () => (entry.channel ??= detached(() => this.#openChannel(service, policy))),
      };
      const first: Invoke = (call) => entry.open().invoke(call);
      const composed = compose(all, (call) => (entry.channel === undefined ? first(call) : entry.channel.invoke(call)));
      entry.invoke = counting(composed, this.#calls, service.methods);
      noteListing(entry.invoke, (deadline, waitForReady) => entry.open().endpoints(deadline, waitForReady));
      const backsUp =
        (retryOptions !== false && retryOptions?.failMode === "failbackup") ||
        service.methods.some(({ failMode }) => failMode === "failbackup");
      if (interceptors.length === 0 && !backsUp) {
        const again = (call: Call): Promise<unknown> => entry.channel!.invoke(call);
        const direct: Direct = {
          send: (call, receiver) => {
            policy?.count(call);
            (entry.channel ?? entry.open()).send(call, receiver);
          },
          recover: policy === undefined ? (_, thrown) => Promise.reject(thrown) : recoveryBy(policy, clock, again),
        };
        noteDirect(entry.invoke, service, countingDirect(direct, this.#calls, service.methods));
      }
      this.#channels.set(service, entry);
      known = entry;
    }
    return known;
  }

  stats(): ClientStats {
    const total = this.#ledger.total();
    const calls = this.#calls.total().stats(total.made.total());
    let [waiting, ejected] = [0, 0];
    for (const { channel } of this.#channels.values()) {
      waiting += channel?.waiting ?? 0;
      ejected += channel?.ejected ?? 0;
    }
    return {
      calls,
      methods: this.#calls.stats(total.made),
      fromPeers: servedStats(total, this.#settings.host?.queue),
      dials: this.#dials.stats(),
      waiting,
      evicted: calls.reasons["QUEUE_EVICTED"] ?? 0,
      refused: calls.reasons["QUEUE_FULL"] ?? 0,
      throttled: calls.reasons["THROTTLED"] ?? 0,
      ejected,
      ejections: this.#ejections,
      listAgeMs: this.#lists.size === 0 ? null : Math.max(...[...this.#lists].map(({ ageMs }) => ageMs)),
      ...this.#ledger.stats(total),
    };
  }

  resetStats(): void {
    this.#calls.reset();
    this.#dials.reset();
    this.#ejections = 0;
    this.#ledger.reset();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    for (const { channel } of this.#channels.values()) channel?.close();
    const patience = this.#settings.clock.setTimer(() => {
      for (const link of this.#closingLinks.keys()) {
        link.abort(
          new RpcError("unavailable", `the client was closed, and the call did not end within ${drainMs} ms`, {
            reason: "CLOSED",
            processed: "maybe",
          }),
        );
      }
    }, drainMs);
    await Promise.all(this.#closingLinks.values());
    patience.cancel();
  }

  #openChannel(service: ServiceDescriptor, policy: RetryPolicy | undefined): Channel {
    const { clock, logger, limits, whenFull, random, backoff } = this.#settings;
    const { address, registry, balancer, waitForReady = false, connections = 1, throttle = {} } = this.#options;
    const {
      ejection = {},
      warmUpMs = 10_000,
      subset = 100,
      subsetIndex = indexOf(this.#settings.instance),
    } = this.#options;
    let followed: FollowedService | undefined;
    const channel = new Channel({
      service,
      balancer: balancer ?? onlyOne,
      clock,
      logger,
      limits,
      whenFull,
      waitForReady,
      throttle: throttle === false ? undefined : new Throttle(throttle, clock, random),
      connections,
      ejection: ejection === false ? undefined : ejection,
      warmUpMs,
      subset: { size: subset, index: subsetIndex },
      failModeOf: (call) => policy?.modeOf(call) ?? "failfast",
      budgetLeft: () => policy?.budgetLeft(),
      mayMove: policy && ((call, written) => policy.claim(call, written)),
      lend: (endpoint, number) => this.#lend(endpoint, number),
      release: (link, user) => this.#release(link, user),
      onEject: () => this.#ejections++,
      onOpened: (session, remote) => this.#comparison?.onOpened(service, session, remote),
      onLeave: (endpoint) => followed?.onLeave(endpoint),
      onReturn: (endpoint) => followed?.onReturn(endpoint),
    });
    if (this.#closed !== undefined) {
      channel.close();
    } else if (address !== undefined) {
      channel.setEndpoints([{ id: address, address, weight: 1, tags: {}, inactive: false }]);
    } else if (registry !== undefined) {
      followed = followService(
        { registry, channel, service: service.name, clock, random, backoff, logger },
        this.#stop.signal,
      );
      this.#lists.add(followed);
    }
    return channel;
  }

  #lend(endpoint: Endpoint, number: number): Link {
    const key = `${endpoint.id} ${endpoint.address} ${number}`;
    let shared = this.#links.get(key);
    if (shared === undefined) {
      const { clock, random, backoff, transports } = this.#settings;
      const settings = this.#settings;
      const link = new Link({
        address: endpoint.address,
        clock,
        random,
        backoff,
        // What is wrong with an address fails its own attempts: the rest of the list is called.
        open: (address, signal, events) =>
          countedDial(this.#dials, clock, address, async () => {
            const transport = transports[schemeOf(address)];
            if (transport === undefined) throw noTransport(address, Object.keys(transports));
            return dial(address, signal, { ...settings, transport, ledger: this.#ledger }, events);
          }),
      });
      shared = { link, users: 0 };
      this.#links.set(key, shared);
    }
    shared.users++;
    return shared.link;
  }

  #release(link: Link, user: LinkUser): void {
    link.leave(user);
    for (const [key, shared] of this.#links) {
      if (shared.link !== link) continue;
      shared.users--;
      if (shared.users > 0) return;
      this.#links.delete(key);
      this.#closingLinks.set(
        link,
        link.close().finally(() => this.#closingLinks.delete(link)),
      );
    }
  }
}

/** The picker of a connector that has one address. */
const onlyOne =
  () =>
  ([only]: readonly unknown[]) =>
  () =>
    only as never;

function noTransport(address: string, known: readonly string[]): RpcError {
  return new RpcError(
    "unavailable",
    `no transport for ${address}: known are ${known.join(", ")}; give others in the option \`transports\``,
    { reason: "NO_TRANSPORT", processed: "no", endpoint: address },
  );
}
