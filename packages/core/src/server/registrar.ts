import { pause } from "../clock/pause.js";
import type { Clock, Random } from "../contract/clock.js";
import type { Logger } from "../contract/logger.js";
import type { Entry, Lease, Registry } from "../contract/registry.js";

const firstWaitMs = 100;
const longestWaitMs = 30_000;

export interface RegistrarOptions {
  readonly registry: Registry;
  readonly entries: readonly Entry[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Keeps what a process serves registered, whatever happens to the lease, until it is released. */
export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #stop = new AbortController();
  #lease: Lease | undefined;
  #kept: Promise<void> | undefined;

  constructor(options: RegistrarOptions) {
    this.#options = options;
  }

  /** Registers. Rejects when the registry does not take the entries the first time; afterwards it is tried until it does. */
  async start(): Promise<void> {
    const { registry, entries } = this.#options;
    this.#lease = await registry.register(entries);
    this.#kept = this.#keep(this.#lease);
  }

  /** Takes the entries away. Never rejects: a registry that is gone must not hold up a shutdown. */
  async release(): Promise<void> {
    this.#stop.abort();
    try {
      await this.#lease?.release();
    } catch (error) {
      this.#options.logger.warn("the registry did not take the entries back; they go when their lease ends", {
        error: messageOf(error),
      });
    }
    await this.#kept;
  }

  async #keep(first: Lease): Promise<void> {
    const { signal } = this.#stop;
    const aborted = new Promise<undefined>((resolve) => signal.addEventListener("abort", () => resolve(undefined)));
    for (let lease: Lease | undefined = first; lease !== undefined; lease = await this.#registerAgain()) {
      this.#lease = lease;
      const reason = await Promise.race([lease.lost, aborted]);
      if (signal.aborted) return;
      this.#options.logger.warn("the registration was lost and is made again", { error: messageOf(reason) });
    }
  }

  async #registerAgain(): Promise<Lease | undefined> {
    const { registry, entries, clock, random, logger } = this.#options;
    const { signal } = this.#stop;
    let waitMs = firstWaitMs;
    while (!signal.aborted) {
      try {
        const lease = await registry.register(entries);
        if (!signal.aborted) return lease;
        await lease.release();
      } catch (error) {
        logger.warn("registering failed and is tried again", {
          error: messageOf(error),
          retryInMs: Math.round(waitMs),
        });
        // Many processes lose their leases at once: they must not come back at once.
        await pause(clock, waitMs * (0.8 + 0.4 * random()), signal);
        waitMs = Math.min(waitMs * 1.6, longestWaitMs);
      }
    }
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
