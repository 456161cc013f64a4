import type { Clock, Logger, Random } from "@rpc/core";
import type { Etcd3 } from "etcd3";

/** What the store goes by. */
export interface StoreOptions {
  /** For messages. */
  readonly name: string;
  readonly client: Etcd3;
  /** What the keys of the cluster begin with. */
  readonly base: string;
  readonly ttlMs: number;
  readonly timeoutMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
}
