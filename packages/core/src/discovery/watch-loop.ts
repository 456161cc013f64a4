import { Backoff, type BackoffOptions } from "../clock/backoff.js";
import { pause } from "../clock/pause.js";
import type { Clock, Random } from "../contract/clock.js";
import type { Logger } from "../contract/logger.js";
import type { Endpoint, Registry } from "../contract/registry.js";

/** A watch that lasted so long was a good one, in ms. */
const healthyMs = 10_000;

export interface WatchLoopOptions {
  readonly registry: Registry;
  readonly service: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff: BackoffOptions;
  readonly logger: Logger;
  readonly onList: (endpoints: readonly Endpoint[]) => void;
  /** The watch was lost; the last list stays in force and a new watch follows after a wait. */
  readonly onLost: (cause: unknown) => void;
}

/** Watches a service until `signal` aborts: a watch that ends or throws is begun again after a wait that grows. Never rejects. */
export async function watchLoop(options: WatchLoopOptions, signal: AbortSignal): Promise<void> {
  const { registry, service, clock, random, logger } = options;
  const backoff = new Backoff(options.backoff, random);
  while (!signal.aborted) {
    const startedAt = clock.now();
    let cause: unknown;
    try {
      for await (const endpoints of registry.watch(service, signal)) {
        if (signal.aborted) return;
        options.onList(endpoints);
      }
    } catch (thrown) {
      cause = thrown;
    }
    if (signal.aborted) return;
    if (clock.now() - startedAt >= healthyMs) backoff.reset();
    const waitMs = backoff.next();
    logger.warn(`the watch of ${service} was lost; the last known list stays in force`, {
      service,
      retryInMs: Math.round(waitMs),
      error: cause instanceof Error ? cause.message : undefined,
    });
    options.onLost(cause);
    await pause(clock, waitMs, signal);
  }
}
