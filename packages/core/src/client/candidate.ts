import type { Candidate } from "../contract/balancer.js";
import type { Call, Receiver } from "../contract/call.js";
import type { RpcError } from "../contract/errors.js";
import type { Endpoint } from "../contract/registry.js";
import { noRemoteMethod } from "../host/no-remote-method.js";
import type { Tracker } from "../session/pending-call.js";
import type { RemoteService } from "../session/remote-service.js";
import type { Session } from "../session/session.js";
import { type Health, isAnswer, isFault } from "./health.js";
import type { Throttle } from "./throttle.js";

/**
 * Time constant of the latency's average, in ms: what was seen this long ago weighs 1/e. A server that is slow says so with
 * each answer; one slow answer of a quick one must be forgotten before it sends calls to a slow one.
 */
const decayMs = 300;
/** The same while nothing is heard: who was slow once is asked again within seconds. */
const silentDecayMs = 1_000;
/** Ways change, so that the shortest answer is forgotten by and by: it counts as twice as long after this, in ms. */
const distanceDoublesMs = 600_000;

/** One ready connection to an endpoint, and the service on it. */
export interface Lane {
  readonly session: Session;
  readonly remote: RemoteService;
}

/**
 * One service at one endpoint, over one ready connection or several. Its latency is a peak-sensitive moving average: a slower answer counts at once,
 * a faster one by and by. After finagle's PeakEwma load balancer.
 */
export class ReadyCandidate implements Candidate, Tracker {
  /** Replaced when the registry says something new of it. */
  endpoint: Endpoint;
  pending = 0;
  latencyMs = 0;
  load = 0;
  distanceMs: number;
  warmth = 1;
  /** Never empty but once it is no candidate any more. */
  #lanes: readonly Lane[];
  readonly #throttle: Throttle | undefined;
  readonly #health: Health | undefined;
  #observedAt = 0;
  #heard = false;

  constructor(endpoint: Endpoint, session: Session, remote: RemoteService, throttle?: Throttle, health?: Health) {
    this.endpoint = endpoint;
    this.#throttle = throttle;
    this.#health = health;
    this.#lanes = [{ session, remote }];
    this.distanceMs = session.roundTripMs;
  }

  /** Whether no connection is left. */
  get gone(): boolean {
    return this.#lanes.length === 0;
  }

  /** Whether no connection is left that is not suspect. */
  get suspect(): boolean {
    return this.#lanes.every(({ session }) => session.suspect);
  }

  /** A further connection to the endpoint is ready. */
  add(session: Session, remote: RemoteService): void {
    this.#lanes = [...this.#lanes, { session, remote }];
  }

  /** A connection takes no more calls. Returns whether one is left. */
  remove(session: Session): boolean {
    this.#lanes = this.#lanes.filter((lane) => lane.session !== session);
    return this.#lanes.length > 0;
  }

  /** Gives a call to a connection; `receiver` is told how it ended. */
  send(call: Call, receiver: Receiver): void {
    const lanes = this.#lanes;
    const { session, remote } = lanes.length === 1 ? lanes[0]! : leastPending(lanes);
    let method = remote.methods[call.method.index];
    // A call may be made with another descriptor of the service, in which its index is that of another method.
    if (method?.own !== call.method) method = remote.find(call.method);
    call.endpoint = this.endpoint;
    if (method === undefined) {
      receiver.fail(noRemoteMethod(call.method, remote, this.endpoint.address));
      return;
    }
    call.idempotent = method.idempotent;
    this.pending++;
    session.send(call, method, this, receiver);
  }

  /** Forgets a little, where nothing was heard since the last time: or one slow answer would keep calls away for ever. */
  relax(elapsedMs: number): void {
    if (this.#heard) this.distanceMs *= 2 ** (elapsedMs / distanceDoublesMs);
    else this.latencyMs *= Math.exp(-elapsedMs / silentDecayMs);
    this.#heard = false;
  }

  onSettled(latencyMs: number, error: RpcError | undefined, now: number): void {
    this.pending--;
    const throttle = this.#throttle;
    if (throttle !== undefined && (error !== undefined || throttle.active)) throttle.settled(error);
    if (this.#health !== undefined) {
      if (error === undefined || isAnswer(error)) this.#health.succeeded();
      else if (isFault(error, latencyMs, this.latencyMs)) this.#health.failed(error, now);
    }
    if (latencyMs < 0) return;
    // A quick failure is no sign of speed; a late one is one of slowness.
    if (error !== undefined && (this.latencyMs === 0 || latencyMs < this.latencyMs)) return;
    this.#heard = true;
    if (latencyMs < this.distanceMs && error === undefined) this.distanceMs = latencyMs;
    if (latencyMs > this.latencyMs) {
      this.latencyMs = latencyMs;
    } else if (now > this.#observedAt) {
      // Answers of one read weigh as one: no time has passed between them.
      const weight = Math.exp((this.#observedAt - now) / decayMs);
      this.latencyMs = this.latencyMs * weight + latencyMs * (1 - weight);
    }
    this.#observedAt = now;
  }
}

/** The connection with the fewest calls under way; a suspect one only where all are. */
function leastPending(lanes: readonly Lane[]): Lane {
  let least = lanes[0]!;
  for (const lane of lanes) {
    const suspect = lane.session.suspect;
    if (suspect === least.session.suspect ? lane.session.pending < least.session.pending : !suspect) least = lane;
  }
  return least;
}
