import type { Clock, Random } from "../contract/clock.js";
import type { Logger } from "../contract/logger.js";
import type { Endpoint, Entry, NodeState } from "../contract/registry.js";

/** What a store shows at one moment. */
export interface Seen<T> {
  readonly value: readonly T[];
  /** After how long it is to be looked at again, in ms, whatever `follow` tells. Defaults to the registry's `relistMs`. */
  readonly againMs?: number;
}

/** Who follows a store. Either may be called at any time, as often as it likes. */
export interface Follower {
  /** What is stored may have changed: it will be read again. */
  changed(): void;
  /** Changes may be missed from now on: the watch ends with this reason, and core begins another one. */
  lost(reason: unknown): void;
}

/** What stands in the store for one process. */
export interface Holding {
  /** Replaces all of it, and what others patched. Never called while another call of the same holding runs. */
  replace(entries: readonly Entry[]): Promise<void>;
  /** Takes it away; resolves when others can no longer see it. Whatever comes of it, nothing is kept alive afterwards. */
  drop(): Promise<void>;
}

/**
 * What a place must do to be a registry: `createRegistry` makes one of it. No retries, no state machine: each function
 * does its one thing, or rejects. An error that is no `RpcError` counts as `unavailable`.
 */
export interface Store {
  /** Reads the instances of a service, in any order. */
  read(service: string, signal: AbortSignal): Promise<Seen<Endpoint>>;
  /** Reads the names of the services that have an instance, in any order. */
  names(signal: AbortSignal): Promise<Seen<string>>;
  /** Tells of changes of a service, or of the names where none is given, until the returned function is called. Left out: it is only read again. */
  follow?(follower: Follower, service: string | undefined): () => void;
  /** Stores what a process registers and keeps it there; calls `lose` where it is gone all the same. Left out: the store is written by others only. */
  hold?(entries: readonly Entry[], lose: (reason: Error) => void): Promise<Holding>;
  /** Changes the state of an instance, whoever holds it; resolves to whether there is such an instance. Left out: it cannot. */
  patch?(service: string, id: string, state: NodeState): Promise<boolean>;
  /** Ends what is open. Called once, after every holding was dropped. */
  close(): Promise<void>;
}

export interface RegistryParts {
  /** What it is and where, for messages, without credentials: `Redis at 10.0.0.1:6379`. */
  readonly name: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Longest time between two looks of a watch, in ms, ± 20 %. Defaults to 60 000. */
  readonly relistMs?: number;
}
