import type {
  Address,
  ClientStats,
  ClientWith,
  NodeState,
  OnPeer,
  Peer,
  ServerStats,
  ServiceDescriptor,
} from "@rpc/core";
import type { Container, ServiceIdentifier } from "inversify";
import type { Class } from "../notes/class-ref.js";

/** Both sides of an app. */
export interface AppStats {
  readonly client: ClientStats;
  /** undefined where it does not listen: before `start`, and where it serves nothing. */
  readonly server: ServerStats | undefined;
}

/** A process's services and clients, made and ready to be started. */
export interface App {
  /** Where it listens: a port of 0 has become the one the system chose. Throws `failed_precondition` before `start`, and where nothing is served. */
  readonly address: Address;
  /** The container that made its classes. */
  readonly container: Container;
  /** Returns the instance of a class of `clients` or `services`, or whatever else the container has under an id. */
  get<T>(id: ServiceIdentifier<T>): T;
  /** Returns a client of a service, as `@InjectClient` would inject it. `Classes` are those that its methods name as `output`. */
  client<T extends object, Classes = never>(service: Class<T> | ServiceDescriptor<T>): ClientWith<T, Classes>;
  /** Returns a client of a service that a peer offers, on its connection: one of `peers()`, or `currentCall().peer`. */
  client<T extends object, Classes = never>(
    service: Class<T> | ServiceDescriptor<T>,
    peer: Peer,
  ): ClientWith<T, Classes>;
  /** Returns who is connected to the app's server now and takes calls. Empty where the app does not listen. */
  peers(): readonly Peer[];
  /**
   * Calls `onPeer` with each peer that is connected to the app's server, and each that connects later; `peer.closed` tells
   * when it has gone. Returns what ends that. May be asked before `start`.
   */
  onPeer(onPeer: OnPeer): () => void;
  /**
   * Listens, then registers; from now on the signals stop the app. Resolves when others can find it. When it rejects,
   * nothing is left open, and the app is over. Clients work without it. An app whose services are offered on its clients'
   * connections makes these now, for every service it has a client of, and keeps them: it waits 5 s for that, and where
   * nobody is there goes on trying.
   */
  start(): Promise<void>;
  /** Returns what was counted, of its calls of others and of others' calls of it. A snapshot: plain JSON, see docs/stats.md. */
  stats(): AppStats;
  /**
   * Changes what is registered of this instance, under each of its services: clients see it at once. Rejects with
   * `failed_precondition` where it does not serve, and with a TypeError for what cannot be.
   */
  setState(patch: NodeState): Promise<void>;
  /** Begins to count anew, on both sides. */
  resetStats(): void;
  /**
   * Ends gently: deregisters, finishes what handlers run, for `serve.drainMs` at most, then what clients have called, and
   * closes all. May be called twice, and while the app starts. A handler must not await it: it would wait for itself.
   */
  stop(): Promise<void>;
}
