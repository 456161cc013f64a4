import type { StartQueue } from "../overload/start-queue.js";
import type { ConnectionCounters } from "../stats/connection-counters.js";
import { turnedAway } from "../stats/failures.js";
import type { ServedStats } from "../stats/snapshots.js";

/** Returns what was asked of this process's services, on all its connections. `queue` is absent where it has none. */
export function servedStats({ served }: ConnectionCounters, queue: StartQueue | undefined): ServedStats {
  const calls = served.total().stats();
  return {
    calls,
    methods: served.stats(),
    running: queue?.running ?? 0,
    waitQueue: { entries: queue?.waiting ?? 0, bytes: queue?.waitingBytes ?? 0 },
    turnedAway: turnedAway(calls.reasons),
  };
}
