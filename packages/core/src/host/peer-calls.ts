import type { Call, Invoke, Receiver } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import type { Method } from "../contract/method.js";
import type { Endpoint } from "../contract/registry.js";
import { didYouMean } from "../service/names.js";
import type { PeerLine } from "../session/peer-line.js";
import type { RemoteMethod, RemoteService } from "../session/remote-service.js";
import { noRemoteMethod } from "./no-remote-method.js";
import { WaitRoom } from "./wait-room.js";

/** A service of the peer's: being opened, open, or not there. */
type Opened =
  | { readonly kind: "opening"; readonly room: WaitRoom }
  | { readonly kind: "open"; readonly remote: RemoteService; readonly asked: ReadonlySet<string> }
  | { readonly kind: "missing" };

/**
 * Carries calls to the other end of one connection, and nowhere else. A service is opened with its first call, which
 * waits for that, and is known from then on for as long as the connection lasts.
 */
export class PeerCalls {
  readonly #line: PeerLine;
  readonly #services = new Map<string, Opened>();
  /** What was looked up in those that are open. */
  readonly #methods = new Map<Method, RemoteMethod>();
  readonly #endpoint: Endpoint;
  readonly invoke: Invoke = (call) => new Promise((succeed, fail) => this.#send(call, { succeed, fail }));

  constructor(line: PeerLine) {
    this.#line = line;
    const { address, instance } = line.peer;
    this.#endpoint = { id: instance, address, weight: 1, tags: {}, inactive: false };
  }

  #send(call: Call, receiver: Receiver): void {
    call.endpoint = this.#endpoint;
    const remote = this.#methods.get(call.method) ?? this.#find(call.method);
    if (remote === undefined) {
      this.#wait(call).then(receiver.succeed, receiver.fail);
      return;
    }
    call.idempotent = remote.idempotent;
    this.#line.sendToPeer(call, remote, receiver);
  }

  /** Looks up a method that was not called before on this connection; undefined where its service is not open. */
  #find(method: Method): RemoteMethod | undefined {
    const opened = this.#services.get(method.service);
    const remote = opened?.kind === "open" ? opened.remote.find(method) : undefined;
    if (remote !== undefined) this.#methods.set(method, remote);
    return remote;
  }

  /** Lets a call wait until its service is open, or says why that is of no use. */
  async #wait(call: Call): Promise<unknown> {
    const { method } = call;
    const deaf = call.abandoned ?? this.#line.deaf();
    if (deaf !== undefined) throw deaf;
    const opened = this.#services.get(method.service);
    if (opened?.kind === "missing") throw this.#noService(method);
    if (opened?.kind === "open" && opened.asked.has(method.name))
      throw noRemoteMethod(method, opened.remote, this.#endpoint.address);
    return (opened?.kind === "opening" ? opened.room : this.#open(method, opened?.asked)).wait(call);
  }

  /** Asks for a service by one of its methods: who answers whatever is called names only those that were asked for. */
  #open(method: Method, asked: ReadonlySet<string> = new Set()): WaitRoom {
    const { limits, whenFull, peer } = this.#line;
    const why = (): string => `${peer.address} has not answered whether it offers ${method.service}`;
    const room = new WaitRoom(limits, whenFull, why);
    this.#services.set(method.service, { kind: "opening", room });
    const settle = (opened: Opened | undefined): void => {
      if (opened === undefined) this.#services.delete(method.service);
      else this.#services.set(method.service, opened);
    };
    this.#line.open({ name: method.service, methods: [method] }).then(
      (remote) => {
        settle(
          remote === undefined
            ? { kind: "missing" }
            : { kind: "open", remote, asked: new Set([...asked, method.name]) },
        );
        room.release(this.invoke);
      },
      (thrown: RpcError) => {
        settle(undefined);
        room.fail(() => unopened(thrown));
      },
    );
    return room;
  }

  #noService({ service }: Method): RpcError {
    const { address } = this.#endpoint;
    const open = [...this.#services].filter(([, { kind }]) => kind === "open").map(([name]) => name);
    return new RpcError(
      "unimplemented",
      `${address} offers no service "${service}" on this connection${didYouMean(service, open)}`,
      { reason: "NO_SERVICE", processed: "no", endpoint: address, origin: "peer" },
    );
  }
}

/** The connection was lost, or ended, before the service was open: the call was never written. */
function unopened({ code, message, reason, retryAfterMs, endpoint, origin }: RpcError): RpcError {
  return new RpcError(code, message, { reason, retryAfterMs, endpoint, origin, processed: "no" });
}
