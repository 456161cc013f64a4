import { detached } from "../ambient/index.js";
import type { Call, Invoke, Receiver } from "../contract/call.js";
import type { Clock } from "../contract/clock.js";
import { RpcError } from "../contract/errors.js";
import type { ConnectionLimits } from "../contract/limits.js";
import type { Endpoint } from "../contract/registry.js";
import { WaitRoom } from "../host/wait-room.js";
import type { WhenFull } from "../session/when-full.js";
import type { Member } from "./member.js";

/** How long an endpoint that is connected to for pinned calls alone is kept after the last one, in ms. */
const keptMs = 60_000;

export interface PinnedOptions {
  readonly clock: Clock;
  readonly limits: Pick<ConnectionLimits, "sendQueueEntries" | "sendQueueWaiters">;
  readonly whenFull: WhenFull;
  /** Whether a call waits to its deadline. */
  readonly isPatient: (call: Call) => boolean;
  /** Sends a call again that has waited. */
  readonly invoke: Invoke;
  readonly dial: (endpoint: Endpoint) => Member;
  readonly drop: (member: Member) => void;
}

/**
 * Calls that may go to one endpoint only. It is connected to where it is listed and not in this client's subset; a call
 * waits while that is under way, and fails where the last attempt did.
 */
export class PinnedCalls {
  readonly #options: PinnedOptions;
  #listed = new Map<string, Endpoint>();
  #members = new Map<string, Member>();
  /** Those of them that are there for pinned calls alone. */
  readonly #extra = new Set<Member>();

  constructor(options: PinnedOptions) {
    this.#options = options;
  }

  /** Takes a list, and who of it is connected to in any case. */
  list(endpoints: readonly Endpoint[], members: Iterable<Member>): void {
    this.#listed = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
    this.#members = new Map([...members].map((member) => [member.endpoint.id, member]));
    for (const member of this.#extra) {
      const { id, address } = member.endpoint;
      const listed = this.#listed.get(id);
      if (!this.#members.has(id) && listed?.address === address) this.#members.set(id, member);
      else this.#giveUp(member);
    }
  }

  send(call: Call, only: string, receiver: Receiver): void {
    const { clock, limits, whenFull, isPatient } = this.#options;
    const member = this.#memberOf(only);
    if (member === undefined) {
      receiver.fail(noEndpoint(call, only));
      return;
    }
    member.pinnedAt = clock.now();
    const { candidate, error } = member;
    if (candidate !== undefined) {
      candidate.send(call, receiver);
      return;
    }
    if (error !== undefined && !isPatient(call)) {
      receiver.fail(unreachable(call, member));
      return;
    }
    member.room ??= new WaitRoom(limits, whenFull, () => `${member.endpoint.address} is not ready`);
    member.room.wait(call).then(
      (output) => receiver.succeed(output),
      (thrown) => receiver.fail(thrown),
    );
  }

  /** A member is ready. */
  opened(member: Member): void {
    member.room?.release(this.#options.invoke);
  }

  /** An attempt to connect to a member has failed. */
  failed(member: Member): void {
    const { isPatient } = this.#options;
    member.room?.fail(
      (call) => unreachable(call, member),
      (call) => !isPatient(call),
    );
  }

  /** Called every now and then. */
  tick(now: number): void {
    for (const member of this.#extra) {
      const idle = (member.candidate?.pending ?? 0) + (member.room?.size ?? 0) === 0;
      if (idle && now - member.pinnedAt >= keptMs) {
        this.#members.delete(member.endpoint.id);
        this.#giveUp(member);
      }
    }
  }

  close(): void {
    for (const member of this.#extra) this.#giveUp(member);
  }

  #memberOf(only: string): Member | undefined {
    const known = this.#members.get(only);
    const endpoint = this.#listed.get(only);
    if (known !== undefined || endpoint === undefined) return known;
    const member = detached(() => this.#options.dial(endpoint));
    this.#extra.add(member);
    this.#members.set(only, member);
    return member;
  }

  #giveUp(member: Member): void {
    this.#extra.delete(member);
    this.#options.drop(member);
  }
}

/** The endpoint that a call is pinned to is not there. */
export function noEndpoint({ method }: Call, only: string): RpcError {
  const message = `${method.service} has no endpoint ${JSON.stringify(only.slice(0, 128))} to which the call is pinned: leave out route.only, or ask who is there`;
  return new RpcError("unavailable", message, { reason: "NO_ENDPOINT", processed: "no" });
}

function unreachable({ method }: Call, { endpoint, error }: Member): RpcError {
  return new RpcError(
    "unavailable",
    `${method.service} at ${endpoint.address} is not reachable, to which the call is pinned: ${error?.message ?? "it has not answered yet"}`,
    { reason: error?.reason ?? "NOT_READY", processed: "no", endpoint: endpoint.address, cause: error },
  );
}
