import type { BackoffOptions } from "../clock/backoff.js";
import type { Clock, Random } from "../contract/clock.js";
import type { Logger } from "../contract/logger.js";
import type { Endpoint, Registry } from "../contract/registry.js";
import { ListGuard } from "../discovery/list-guard.js";
import { WatchLoop } from "../discovery/watch-loop.js";
import type { Channel } from "./channel.js";

export interface FollowOptions {
  readonly registry: Registry;
  readonly channel: Pick<Channel, "setEndpoints" | "setUnlisted">;
  readonly service: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff: BackoffOptions;
  readonly logger: Logger;
}

/** What a registry says of a service, on its way to the channel. */
export interface FollowedService {
  /** How old the list is that is called by, in ms: when the registry last said it, or said it again. Before the first, since it was asked. */
  readonly ageMs: number;
  onLeave(endpoint: Endpoint): void;
  onReturn(endpoint: Endpoint): void;
}

/** Gives a channel its lists until `signal` aborts. */
export function followService(options: FollowOptions, signal: AbortSignal): FollowedService {
  const { channel, clock } = options;
  let saidAt = clock.now();
  const guard = new ListGuard({
    ...options,
    onList: (endpoints) => channel.setEndpoints(endpoints),
    ask: () => void loop.ask(),
  });
  const loop = new WatchLoop(
    {
      ...options,
      onList: (endpoints) => {
        saidAt = clock.now();
        guard.offer(endpoints);
      },
      onLost: (cause) => channel.setUnlisted(cause),
    },
    signal,
  );
  void loop.over.then(() => guard.stop());
  return {
    get ageMs() {
      return Math.round(clock.now() - saidAt);
    },
    onLeave: (endpoint) => guard.onLeave(endpoint),
    onReturn: (endpoint) => guard.onReturn(endpoint),
  };
}
