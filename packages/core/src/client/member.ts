import type { RpcError } from "../contract/errors.js";
import type { Endpoint } from "../contract/registry.js";
import type { WaitRoom } from "../host/wait-room.js";
import type { RemoteService } from "../session/remote-service.js";
import type { Session } from "../session/session.js";
import { ReadyCandidate } from "./candidate.js";
import type { Health } from "./health.js";
import type { Link, LinkUser } from "./link.js";
import type { Throttle } from "./throttle.js";

/** What hears of a member's connections. */
export interface MemberOwner {
  /** A connection is ready: the service is to be opened on it. */
  opened(lane: MemberLane, session: Session): Promise<void>;
  /** A connection takes no more calls, and the member has lost its candidate where it was the last. */
  lost(member: Member, session: Session): void;
  /** A connection has become suspect, or is no longer. */
  suspected(member: Member, session: Session): void;
  /** Something failed, of this member where one is given. */
  failed(member?: Member): void;
}

/** An endpoint of the list, and its connections. */
export class Member {
  endpoint: Endpoint;
  /** Set while at least one connection is ready and has the service. */
  candidate: ReadyCandidate | undefined;
  error: RpcError | undefined;
  lanes: readonly MemberLane[] = [];
  /** How its calls end; undefined where nobody is left out for that. */
  readonly health: Health | undefined;
  /** Since when it is warmed up, in ms on the clock: Infinity where it is to be, and has not been ready yet; undefined where it is warm. */
  warmsFrom: number | undefined;
  /** Pinned calls that wait until it is ready. */
  room: WaitRoom | undefined;
  /** When a pinned call last asked for it, in ms on the clock: one that is connected to for these alone is given up again. */
  pinnedAt = Number.NEGATIVE_INFINITY;

  readonly #throttle: Throttle | undefined;

  constructor(endpoint: Endpoint, throttle: Throttle | undefined, health: Health | undefined) {
    this.endpoint = endpoint;
    this.#throttle = throttle;
    this.health = health;
  }

  /** The service was opened on a connection. */
  add(session: Session, remote: RemoteService): void {
    this.error = undefined;
    if (this.candidate === undefined)
      this.candidate = new ReadyCandidate(this.endpoint, session, remote, this.#throttle, this.health);
    else this.candidate.add(session, remote);
  }

  remove(session: Session): void {
    if (this.candidate?.remove(session) === false) this.candidate = undefined;
  }
}

/** One of the connections to an endpoint, as one channel uses it. */
export class MemberLane implements LinkUser {
  readonly member: Member;
  /** Undefined once it was given back. */
  link: Link | undefined;
  readonly #owner: MemberOwner;

  constructor(member: Member, owner: MemberOwner) {
    this.member = member;
    this.#owner = owner;
  }

  onReady(session: Session): void {
    void this.#owner.opened(this, session);
  }

  onRetired(session: Session): void {
    if (this.member.candidate === undefined) return;
    this.member.remove(session);
    this.#owner.lost(this.member, session);
  }

  onSuspicion(session: Session): void {
    if (this.member.candidate !== undefined) this.#owner.suspected(this.member, session);
  }

  onFailed(error: RpcError): void {
    this.member.error = error;
    this.#owner.failed(this.member);
  }
}
