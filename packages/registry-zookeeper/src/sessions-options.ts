import type { Logger } from "@rpc/core";
import type { HostOptions } from "./hosts.js";

/** What sessions are opened with. */
export interface SessionsOptions {
  /** For messages. */
  readonly name: string;
  readonly hosts: readonly string[];
  readonly ttlMs: number;
  readonly timeoutMs: number;
  readonly credentials: HostOptions["credentials"];
  readonly tls: HostOptions["tls"];
  readonly logger: Logger;
}
