import { type CallStats, Histogram, type ServerStats } from "@rpc/core";

/** So many methods a server tells of at most. */
const mostTold = 256;

/** What a service of an instance did between two looks at it. Spans in ms. */
export interface Rates {
  readonly callsPerSecond: number;
  readonly failedPerSecond: number;
  /** 0 where nothing was called. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** All services of an instance together. */
export const everyService = "*";

/**
 * Returns what happened to a service between two snapshots of its server; undefined where no time has passed between
 * them. One that counts anew since is taken as it is: what was before is lost.
 */
export function ratesBetween(before: ServerStats, after: ServerStats, service: string): Rates | undefined {
  const counts = after.sinceMs >= before.sinceMs ? before : undefined;
  const elapsedMs = after.sinceMs - (counts?.sinceMs ?? 0);
  if (elapsedMs <= 0) return undefined;
  // Of more methods only the busiest are told: one that was not among them before is no news.
  const all = counts === undefined || Object.keys(counts.methods).length < mostTold;
  const spans = new Histogram();
  let calls = 0;
  let failed = 0;
  for (const [path, now] of methodsOf(after, service)) {
    const then = service === everyService ? counts?.calls : counts?.methods[path];
    if (then === undefined && !all) continue;
    calls += ended(now) - (then === undefined ? 0 : ended(then));
    failed += now.failed - (then?.failed ?? 0);
    spans.merge(Histogram.fromJSON(between(then, now)));
  }
  const aSecond = (count: number): number => Math.max(0, count * 1_000) / elapsedMs;
  return {
    callsPerSecond: aSecond(calls),
    failedPerSecond: aSecond(failed),
    p50Ms: quantile(spans, 0.5),
    p99Ms: quantile(spans, 0.99),
  };
}

/** Returns how many calls of a service are without an outcome: its handlers that run, and calls that wait for them. */
export function pendingOf(stats: ServerStats, service: string): number {
  return methodsOf(stats, service).reduce((sum, [, { pending }]) => sum + pending, 0);
}

const ended = ({ ok, failed }: CallStats): number => ok + failed;

function methodsOf(stats: ServerStats, service: string): (readonly [string, CallStats])[] {
  if (service === everyService) return [["", stats.calls]];
  return Object.entries(stats.methods).filter(([path]) => path.startsWith(`/${service}/`));
}

/** The spans that one snapshot has and the one before it has not. */
function between(then: CallStats | undefined, now: CallStats) {
  const had = new Map(then?.latency.buckets ?? []);
  const buckets = now.latency.buckets
    .map(([bucket, count]) => [bucket, count - (had.get(bucket) ?? 0)] as const)
    .filter(([, count]) => count > 0);
  return { count: 0, longestMs: now.latency.longestMs, buckets };
}

/**
 * The longest span is known since the beginning only: the rank of a quantile must not be the last one, which would be
 * answered with it. One more span, beyond all others, sees to that.
 */
function quantile(spans: Histogram, q: number): number {
  const { count } = spans;
  if (count === 0) return 0;
  const more = new Histogram();
  more.merge(spans);
  more.record(Number.POSITIVE_INFINITY);
  return more.quantile((Math.ceil(q * count) - 0.5) / (count + 1));
}
