import { type Ticking, tickerOf, tickMs } from "../clock/ticker.js";
import type { Balancer, Picker } from "../contract/balancer.js";
import type { Call, Invoke, Receiver, Trace } from "../contract/call.js";
import type { Clock, Timer } from "../contract/clock.js";
import { type Processed, RpcError } from "../contract/errors.js";
import type { FailMode } from "../contract/fail-mode.js";
import type { ConnectionLimits } from "../contract/limits.js";
import type { Logger } from "../contract/logger.js";
import type { ServiceDescriptor } from "../contract/method.js";
import type { Endpoint } from "../contract/registry.js";
import { WaitRoom } from "../host/wait-room.js";
import type { RemoteService } from "../session/remote-service.js";
import type { Session } from "../session/session.js";
import type { WhenFull } from "../session/when-full.js";
import type { ReadyCandidate } from "./candidate.js";
import { explained } from "./explained.js";
import { type EjectionOptions, Health } from "./health.js";
import type { Link, LinkUser } from "./link.js";
import { Member, MemberLane, type MemberOwner } from "./member.js";
import { noEndpoint, PinnedCalls } from "./pinned-calls.js";
import { ReadyWaiters } from "./ready-waiters.js";
import { subsetOf } from "./subset.js";
import type { Throttle } from "./throttle.js";
import { warmthAfter } from "./warm-up.js";

/** A picker is made anew at most this often, in ms, as endpoints become ready. */
const rebuildMs = 10;
/** Of a long list that takes a while: so many times as long as it took there is none, up to `longestRebuildMs`. */
const rebuildRest = 4;
const longestRebuildMs = 250;
/** How long calls wait for an instance, once none is ready, before they fail at once. */
const patienceMs = 5_000;
/** How long an endpoint that has no such service stays out of the channel. */
const absentMs = 60_000;
/** What an endpoint does not change its mind about by itself: who each of the two is, and how it may be spoken to. */
const isRefusal = ({ code, reason }: RpcError): boolean =>
  code === "unauthenticated" ||
  code === "permission_denied" ||
  reason === "INSECURE_CREDENTIALS" ||
  reason === "TLS_VERIFY";

export interface ChannelOptions {
  readonly service: ServiceDescriptor;
  readonly balancer: Balancer;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Bounds of the calls that wait until an endpoint is ready. */
  readonly limits: Pick<ConnectionLimits, "sendQueueEntries" | "sendQueueWaiters">;
  readonly whenFull: WhenFull;
  /** Calls that do not say otherwise wait to the end of their deadline instead of failing after 5 s without an instance. */
  readonly waitForReady: boolean;
  /** Sheds calls while most are rejected; undefined where nothing is to be shed. */
  readonly throttle: Throttle | undefined;
  /** Connections to each endpoint. */
  readonly connections: number;
  /** When endpoints that fail calls are left out; undefined: never. */
  readonly ejection: EjectionOptions | undefined;
  /** How long endpoints that join others have less than their share, in ms. */
  readonly warmUpMs: number;
  /** How many endpoints of a list are connected to, and which: this client's number among others. */
  readonly subset: { readonly size: number; readonly index: number };
  /** Tells of a call on a connection that became suspect whether it would be made again elsewhere; where it says so, that is paid for. Absent: none would. */
  readonly mayMove: ((call: Call, written: boolean) => boolean) | undefined;
  /** For calls that explain themselves. */
  readonly failModeOf: (call: Call) => FailMode;
  readonly budgetLeft: () => number | undefined;
  /** Lends one of the connections to an address, by its number from 0; give it back with `release`. */
  readonly lend: (endpoint: Endpoint, number: number) => Link;
  readonly release: (link: Link, user: LinkUser) => void;
  /** Told each time that an endpoint is left out. */
  readonly onEject?: () => void;
  /** Told that the service was opened on a connection. */
  readonly onOpened?: (session: Session, remote: RemoteService) => void;
  /** Told that an instance has said itself that it leaves, and that one which had is there again. Absent: nobody wants to know. */
  readonly onLeave?: (endpoint: Endpoint) => void;
  readonly onReturn?: (endpoint: Endpoint) => void;
}

/**
 * One service, as this process calls it: turns the registry's lists into connections and those that are ready into a
 * picker. Only the picker runs for a call; while there is none, calls wait.
 */
export class Channel implements Ticking, MemberOwner {
  readonly #options: ChannelOptions;
  readonly #members = new Map<string, Member>();
  readonly #waiting: WaitRoom;
  readonly #readyWaiters = new ReadyWaiters();
  readonly #makePicker: (ready: readonly ReadyCandidate[]) => Picker;
  #picker: Picker | undefined;
  /** How many `#picker` chooses among. */
  #pickedAmong = 0;
  #rebuildTimer: Timer | undefined;
  /** When one may be made anew, in ms on the clock. */
  #rebuildsAt = Number.NEGATIVE_INFINITY;
  #patience: Timer | undefined;
  /** Since when no endpoint is ready, in ms on the clock. */
  #unreadySince: number;
  /** When an endpoint was last listed that was not there before, in ms on the clock. */
  #newestAt = Number.NEGATIVE_INFINITY;
  #listed = false;
  /** Those that the list says may be called, and the balancer wants. */
  #active: readonly Endpoint[] = [];
  #ejected = 0;
  /** How many of the list are not called, and why. */
  #leftOut = { inactive: 0, unwanted: 0 };
  /** Whether it was logged. */
  #filterFailed = false;
  readonly #pinned: PinnedCalls;
  /** Where pinned calls waited for members that a new list has dropped. */
  readonly #leftRooms: WaitRoom[] = [];
  #lastError: RpcError | undefined;
  #closed = false;
  readonly #throttle: Throttle | undefined;
  /** Who waits for a list with somebody on it. */
  readonly #awaitingList: (() => void)[] = [];
  readonly invoke: Invoke = (call) => new Promise((succeed, fail) => this.send(call, { succeed, fail }));

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#throttle = options.throttle;
    this.#waiting = new WaitRoom(options.limits, options.whenFull, () => this.#unavailable("no").message);
    this.#pinned = new PinnedCalls({
      ...options,
      isPatient: (call) => this.#isPatient(call),
      invoke: this.invoke,
      dial: (endpoint) => this.#dial(new Member(endpoint, undefined, undefined)),
      drop: (member) => this.#drop(member),
    });
    this.#makePicker = options.balancer();
    this.#unreadySince = options.clock.now();
    tickerOf(options.clock).add(this);
  }

  /** Gives a call to an endpoint, or lets it wait for one; `receiver` is told how it ended. */
  send(call: Call, receiver: Receiver): void {
    if (call.route?.trace !== undefined) {
      this.#pass(call, this.#traced(call, call.route.trace, receiver));
      return;
    }
    this.#pass(call, receiver);
  }

  #pass(call: Call, receiver: Receiver): void {
    const picker = this.#picker;
    const { route } = call;
    if (route?.only !== undefined && this.#listed && !this.#closed && call.abandoned === undefined) {
      this.#pinned.send(call, route.only, receiver);
      return;
    }
    if (picker === undefined || call.abandoned !== undefined) {
      tell(receiver, this.#wait(call));
      return;
    }
    let candidate: ReadyCandidate | undefined;
    try {
      candidate = picker(call) as ReadyCandidate | undefined;
      if (candidate?.gone === true) {
        // One of many that were lost at once: who meets it first has the list made anew.
        this.#rebuild();
        if (this.#picker === undefined) {
          tell(receiver, this.#wait(call));
          return;
        }
        candidate = this.#picker(call) as ReadyCandidate | undefined;
        if (candidate?.gone === true) candidate = undefined;
      }
    } catch (error) {
      receiver.fail(error);
      return;
    }
    const refused = candidate === undefined ? this.#nothingPicked() : this.#shed(call);
    if (refused === undefined) candidate!.send(call, receiver);
    else receiver.fail(refused);
  }

  /** Resolves when an instance is ready; rejects with why none is, when a call would. */
  async ready(): Promise<void> {
    if (this.#picker !== undefined) return;
    const hopeless = this.#whyNotWait("no", this.#options.waitForReady);
    if (hopeless !== undefined) throw hopeless;
    await this.#readyWaiters.wait();
  }

  #shed(call: Call): RpcError | undefined {
    return this.#throttle?.active ? this.#throttle.shed(call) : undefined;
  }

  /** For a call that explains itself: who there is to choose from. */
  #traced(call: Call, trace: Trace, receiver: Receiver): Receiver {
    const { failModeOf, budgetLeft } = this.#options;
    const candidates = [...this.#members.values()].map((member) => explained(member, call, this.#picker));
    return trace.attempt(call, receiver, candidates, failModeOf(call), budgetLeft);
  }

  /** Whether a call could go to an endpoint that is ready, neither suspect nor ejected, and none of these. */
  hasOther(except: readonly string[]): boolean {
    for (const { candidate, health, endpoint } of this.#members.values())
      if (candidate?.suspect === false && health?.ejected !== true && !except.includes(endpoint.id)) return true;
    return false;
  }

  /** Endpoints that are left out now. */
  get ejected(): number {
    return this.#ejected;
  }

  /** Calls that wait until an endpoint is ready. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Called every now and then. */
  tick(now: number): void {
    let changed = false;
    for (const member of this.#members.values()) {
      const { candidate, health } = member;
      candidate?.relax(tickMs);
      if (health?.tick(now) === true) {
        this.#ejected--;
        changed = true;
      }
      if (member.warmsFrom !== undefined && candidate !== undefined && this.#warm(member, candidate, now))
        changed = true;
    }
    this.#pinned.tick(now);
    if (changed) this.#rebuildSoon();
  }

  /**
   * Resolves to the endpoints that may be called, once there are some. Rejects where none are before `deadline`, or
   * patience is over, which one that waits for them has up to its deadline.
   */
  async endpoints(deadline: number, waitForReady = this.#options.waitForReady): Promise<readonly Endpoint[]> {
    const { clock, service } = this.#options;
    while (!this.#closed && this.#active.length === 0) {
      const leftMs = Math.min(deadline, waitForReady ? Number.POSITIVE_INFINITY : this.#patientUntil()) - clock.now();
      if (leftMs <= 0) {
        const why = this.#unavailable("no");
        if (!waitForReady) throw why;
        const message = `${service.name}: nobody was listed before the deadline: ${why.message}`;
        throw new RpcError("deadline_exceeded", message, {
          reason: "DEADLINE_EXCEEDED",
          processed: "no",
          cause: why,
        });
      }
      await new Promise<void>((resolve) => {
        const timer = clock.setTimer(resolve, leftMs);
        this.#awaitingList.push(() => {
          timer.cancel();
          resolve();
        });
      });
    }
    if (this.#closed) throw this.#closedError();
    return this.#active;
  }

  /** Takes a whole list of the service's endpoints. */
  setEndpoints(endpoints: readonly Endpoint[]): void {
    if (this.#closed) return;
    const first = !this.#listed;
    this.#listed = true;
    const { balancer, subset } = this.#options;
    const taking = endpoints.filter(({ inactive }) => !inactive);
    this.#active = taking.filter((endpoint) => this.#admits(endpoint));
    this.#leftOut = { inactive: endpoints.length - taking.length, unwanted: taking.length - this.#active.length };
    const chosen = balancer.whole === true ? this.#active : subsetOf(this.#active, subset.size, subset.index);
    const listed = new Map(chosen.map((endpoint) => [keyOf(endpoint), endpoint]));
    const joining = this.#picker !== undefined;
    let changed = false;
    for (const [key, member] of this.#members) {
      const endpoint = listed.get(key);
      if (endpoint === undefined) {
        this.#members.delete(key);
        this.#drop(member);
        changed = true;
      } else if (!sameEndpoint(member.endpoint, endpoint)) {
        member.endpoint = endpoint;
        if (member.candidate !== undefined) member.candidate.endpoint = endpoint;
        changed = true;
      }
    }
    for (const [key, endpoint] of listed) {
      if (this.#members.has(key)) continue;
      const member = this.#memberOf(endpoint);
      if (joining) member.warmsFrom = Number.POSITIVE_INFINITY;
      this.#newestAt = this.#options.clock.now();
      this.#members.set(key, member);
      this.#dial(member);
    }
    this.#pinned.list(this.#active, this.#members.values());
    // Their endpoint may be listed still, and only be connected to for another reason: they wait on for that.
    for (const room of this.#leftRooms.splice(0)) room.release(this.invoke);
    for (const resolve of this.#awaitingList.splice(0)) resolve();
    if (changed) this.#rebuild();
    // Those that are pinned have known of nobody until now.
    if (first) this.#waiting.release(this.invoke);
    if (this.#members.size === 0) this.failed();
  }

  /** The registry cannot be asked, and no list was ever had. */
  setUnlisted(cause: unknown): void {
    if (this.#listed) return;
    const message = `the registry cannot be asked for ${this.#options.service.name}`;
    this.#lastError = new RpcError("unavailable", message, { reason: "NO_REGISTRY", processed: "no", cause });
    this.failed();
  }

  /** A filter is somebody else's code: where it throws at an instance, that one is left out, and no other. */
  #admits(endpoint: Endpoint): boolean {
    const { balancer, logger, service } = this.#options;
    try {
      return balancer.admits?.(endpoint) !== false;
    } catch (error) {
      if (!this.#filterFailed) {
        const message = `the filter of the balancer of ${service.name} failed at ${endpoint.address}, which is left out`;
        logger.error(message, { service: service.name, endpoint: endpoint.address, error: String(error) });
      }
      this.#filterFailed = true;
      return false;
    }
  }

  /** Takes no more calls, fails those that wait and gives the connections back. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    tickerOf(this.#options.clock).delete(this);
    this.#picker = undefined;
    this.#rebuildTimer?.cancel();
    this.#patience?.cancel();
    for (const member of this.#members.values()) this.#drop(member);
    this.#members.clear();
    this.#pinned.close();
    for (const resolve of this.#awaitingList.splice(0)) resolve();
    this.#waiting.fail(() => this.#closedError());
    this.#readyWaiters.fail(() => this.#closedError());
  }

  /** A member's connection is ready: its service is opened on it. */
  async opened(lane: MemberLane, session: Session): Promise<void> {
    const { service, logger, clock } = this.#options;
    const { member } = lane;
    try {
      const remote = await session.open(service);
      if (session.state !== "ready" || lane.link === undefined || this.#closed) return;
      if (remote !== undefined) {
        member.add(session, remote);
        this.#options.onOpened?.(session, remote);
        this.#options.onReturn?.(member.endpoint);
        if (member.warmsFrom !== undefined) this.#warm(member, member.candidate!, clock.now());
        if (member.room !== undefined) this.#pinned.opened(member);
        this.#rebuildSoon();
        return;
      }
      logger.warn(`${member.endpoint.address} has no service ${service.name}`, {
        service: service.name,
        endpoint: member.endpoint.address,
      });
      lane.onFailed(this.#absent(member.endpoint));
      clock
        .setTimer(
          () => void (session.state === "ready" && lane.link !== undefined && this.opened(lane, session)),
          absentMs,
        )
        .unref();
    } catch (error) {
      lane.onFailed(error as RpcError);
    }
  }

  /** A member's connection takes no more calls. */
  lost(member: Member, session: Session): void {
    if (member.candidate === undefined) {
      // Of many that are lost at once each would make a list; where none is left calls have to know it at once.
      if (this.#pickedAmong > 1) this.#rebuildSoon();
      else this.#rebuild();
    }
    // Retired, and not closed: the peer has announced it.
    if (session.state === "retired") this.#options.onLeave?.(member.endpoint);
  }

  /** A member's connection has become suspect, or is no longer: its calls go elsewhere, where there is an elsewhere for them. */
  suspected(member: Member, session: Session): void {
    const { candidate } = member;
    const { mayMove } = this.#options;
    if (candidate === undefined) return;
    if (!session.suspect) {
      this.#rebuildSoon();
      return;
    }
    this.#rebuild();
    if (mayMove === undefined) return;
    const others = [...this.#members.values()].filter(
      (other) => other !== member && other.candidate?.suspect === false,
    );
    if (others.length === 0) return;
    session.moveAway(
      candidate,
      (call, written) =>
        others.some(({ endpoint }) => !call.route?.except?.includes(endpoint.id)) && mayMove(call, written),
    );
  }

  /** Something failed: where nobody is ready and patience is over, nobody has to wait any longer. */
  failed(member?: Member): void {
    if (member?.room !== undefined) this.#pinned.failed(member);
    if (this.#picker !== undefined || !this.#someLosePatience) return;
    if (this.#refused() === undefined && this.#options.clock.now() < this.#patientUntil()) return;
    this.#waiting.fail(
      (call) => this.#unavailable(call.processed),
      (call) => !this.#isPatient(call),
    );
    if (!this.#options.waitForReady) this.#readyWaiters.fail(() => this.#unavailable("no"));
  }

  /** Whether a call waits to its deadline while nobody is ready. */
  #isPatient({ route }: Call): boolean {
    return route?.waitForReady ?? this.#options.waitForReady;
  }

  get #someLosePatience(): boolean {
    const { waitForReady } = this.#options;
    return (!waitForReady && this.#readyWaiters.size > 0) || this.#waiting.some((call) => !this.#isPatient(call));
  }

  #memberOf(endpoint: Endpoint): Member {
    const { ejection } = this.#options;
    const health = ejection && new Health(ejection, (why) => this.#onSick(member, why));
    const member: Member = new Member(endpoint, this.#throttle, health);
    return member;
  }

  /** An endpoint has failed too many calls. Of those that are listed at most half are left out. */
  #onSick(member: Member, why: string): void {
    const { clock, logger, service } = this.#options;
    const { endpoint } = member;
    // One that has left the list may still fail calls that it had: nobody would take it back.
    if (this.#members.get(keyOf(endpoint)) !== member) return;
    if (member.health === undefined || (this.#ejected + 1) * 2 > this.#members.size) return;
    const forMs = member.health.eject(clock.now());
    this.#ejected++;
    this.#options.onEject?.();
    const { address } = member.endpoint;
    logger.warn(`${address} gets no calls of ${service.name} for ${forMs / 1_000} s: ${why}`, {
      service: service.name,
      endpoint: address,
      forMs,
    });
    this.#rebuildSoon();
  }

  /** Brings a newcomer's share up to date. Returns whether it has changed. */
  #warm(member: Member, candidate: ReadyCandidate, now: number): boolean {
    member.warmsFrom = Math.min(member.warmsFrom ?? now, now);
    const warmth = warmthAfter(now - member.warmsFrom, this.#options.warmUpMs);
    if (warmth === 1) member.warmsFrom = undefined;
    const changed = candidate.warmth !== warmth;
    candidate.warmth = warmth;
    return changed;
  }

  #wait(call: Call): Promise<unknown> {
    if (call.abandoned !== undefined) return Promise.reject(call.abandoned);
    const hopeless = this.#whyNotWait(call.processed, this.#isPatient(call));
    return hopeless === undefined ? this.#waiting.wait(call) : Promise.reject(hopeless);
  }

  /** Why waiting for an instance is of no use; undefined where it is, and then patience has an end. */
  #whyNotWait(processed: Processed, patient: boolean): RpcError | undefined {
    if (this.#closed) return this.#closedError();
    const { clock } = this.#options;
    if (patient) return undefined;
    if (this.#refused() !== undefined) return this.#unavailable(processed);
    const leftMs = this.#patientUntil() - clock.now();
    if (leftMs <= 0) return this.#unavailable(processed);
    this.#patience ??= clock.setTimer(() => this.#onPatienceOver(), leftMs);
    return undefined;
  }

  #onPatienceOver(): void {
    this.#patience = undefined;
    this.failed();
    if (!this.#someLosePatience) return;
    const { clock } = this.#options;
    this.#patience = clock.setTimer(() => this.#onPatienceOver(), this.#patientUntil() - clock.now());
  }

  /** How long calls wait, in ms on the clock: one that was listed a moment ago has not had its chance yet. */
  #patientUntil(): number {
    return (this.#knowsWhy() ? this.#unreadySince : Math.max(this.#unreadySince, this.#newestAt)) + patienceMs;
  }

  /** Whether every endpoint has had its chance, so that failing is no guess. */
  #knowsWhy(): boolean {
    return [...this.#members.values()].every(({ error }) => error !== undefined);
  }

  /** Why waiting is of no use: every endpoint has refused this process, and will again. */
  #refused(): RpcError | undefined {
    let refusal: RpcError | undefined;
    for (const { error } of this.#members.values()) {
      if (error === undefined || !isRefusal(error)) return undefined;
      refusal = error;
    }
    return refusal;
  }

  #dial(member: Member): Member {
    const { connections, lend } = this.#options;
    member.lanes = Array.from({ length: connections }, () => new MemberLane(member, this));
    for (const [number, lane] of member.lanes.entries()) {
      lane.link = lend(member.endpoint, number);
      lane.link.use(lane);
    }
    return member;
  }

  #drop(member: Member): void {
    member.candidate = undefined;
    if (member.health?.ejected) this.#ejected--;
    const { room } = member;
    if (room !== undefined && room.size > 0) {
      if (this.#closed) room.fail((call) => noEndpoint(call, member.endpoint.id));
      else this.#leftRooms.push(room);
    }
    for (const lane of member.lanes) {
      const { link } = lane;
      lane.link = undefined;
      if (link !== undefined) this.#options.release(link, lane);
    }
  }

  #rebuildSoon(): void {
    if (this.#rebuildTimer !== undefined) return;
    const waitMs = this.#rebuildsAt - this.#options.clock.now();
    if (waitMs <= 0 || this.#picker === undefined) this.#rebuild();
    else this.#rebuildTimer = this.#options.clock.setTimer(() => this.#rebuild(), waitMs);
  }

  #rebuild(): void {
    this.#rebuildTimer?.cancel();
    this.#rebuildTimer = undefined;
    if (this.#closed) return;
    const { clock } = this.#options;
    const ready = this.#usable();
    const startedAt = clock.now();
    if (ready.length === 0) {
      if (this.#picker !== undefined) this.#unreadySince = startedAt;
      this.#picker = undefined;
      return;
    }
    this.#picker = this.#pickerOf(ready);
    this.#pickedAmong = ready.length;
    const endedAt = clock.now();
    this.#rebuildsAt = endedAt + Math.min(longestRebuildMs, Math.max(rebuildMs, rebuildRest * (endedAt - startedAt)));
    this.#patience?.cancel();
    this.#patience = undefined;
    this.#readyWaiters.tell();
    if (this.#waiting.size > 0) this.#waiting.release(this.invoke);
  }

  /** Those that are ready, not suspect and not ejected; where they are fewer than half of the list, all that are ready. */
  #usable(): ReadyCandidate[] {
    const ready: ReadyCandidate[] = [];
    const well: ReadyCandidate[] = [];
    for (const { candidate, health } of this.#members.values()) {
      if (candidate === undefined) continue;
      ready.push(candidate);
      if (!candidate.suspect && health?.ejected !== true) well.push(candidate);
    }
    return well.length * 2 < this.#members.size ? ready : well;
  }

  /** The balancer is somebody else's code: what it throws fails calls, and nothing else. */
  #pickerOf(ready: readonly ReadyCandidate[]): Picker {
    try {
      return this.#makePicker(ready);
    } catch (cause) {
      const { service, logger } = this.#options;
      logger.error(`the balancer of ${service.name} failed`, { service: service.name, error: String(cause) });
      return () => {
        throw new RpcError("internal", `the balancer of ${service.name} failed: its client's log says how`, {
          reason: "BALANCER_FAILED",
          processed: "no",
          cause,
        });
      };
    }
  }

  #nothingPicked(): RpcError {
    return new RpcError("internal", `the balancer of ${this.#options.service.name} picked nothing`, {
      reason: "BALANCER_FAILED",
      processed: "no",
    });
  }

  #unavailable(processed: Processed): RpcError {
    const { service } = this.#options;
    const members = [...this.#members.values()];
    if (members.length === 0) {
      return (
        this.#lastError ??
        new RpcError(
          "unavailable",
          this.#listed
            ? whyNobody(service.name, this.#leftOut)
            : `the registry has not said yet where instances of ${service.name} are`,
          {
            reason: "NO_ENDPOINT",
            processed,
          },
        )
      );
    }
    const { endpoint, error } = members.find((member) => member.error !== undefined) ?? members[0]!;
    const others = members.length === 1 ? "" : `, nor is any other of its ${members.length} endpoints`;
    const why = error === undefined ? "it has not answered yet" : error.message;
    return new RpcError(
      this.#refused()?.code ?? "unavailable",
      `${service.name} at ${endpoint.address} is not reachable${others}: ${why}`,
      {
        reason: error?.reason ?? "NOT_READY",
        processed,
        endpoint: endpoint.address,
        cause: error,
      },
    );
  }

  #absent(endpoint: Endpoint): RpcError {
    return new RpcError(
      "unavailable",
      `the process at ${endpoint.address} has no service "${this.#options.service.name}"`,
      {
        reason: "NO_SERVICE",
        processed: "no",
        endpoint: endpoint.address,
      },
    );
  }

  #closedError(): RpcError {
    return new RpcError(
      "unavailable",
      `the client of ${this.#options.service.name} is closed: call before close(), or connect anew`,
      {
        reason: "CLOSED",
        processed: "no",
      },
    );
  }
}

function whyNobody(service: string, { inactive, unwanted }: { readonly inactive: number; readonly unwanted: number }) {
  if (inactive + unwanted === 0)
    return `no instance of ${service} is registered: is it running, and does it use the same registry?`;
  const why = [
    ...(inactive > 0 ? [`${inactive} inactive (setState makes them active)`] : []),
    ...(unwanted > 0 ? [`${unwanted} not what the balancer of this client admits`] : []),
  ];
  return `no instance of ${service} takes calls, of ${inactive + unwanted} that are registered: ${why.join(", ")}`;
}

function tell(receiver: Receiver, answer: Promise<unknown>): void {
  answer.then(
    (output) => receiver.succeed(output),
    (thrown) => receiver.fail(thrown),
  );
}

/** What tells endpoints of a list apart. */
const keyOf = ({ id, address }: Endpoint): string => `${id} ${address}`;

function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  const names = Object.keys(a.tags);
  return (
    a.weight === b.weight &&
    names.length === Object.keys(b.tags).length &&
    names.every((name) => a.tags[name] === b.tags[name])
  );
}
