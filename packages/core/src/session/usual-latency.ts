/** A slower answer raises the estimate by this factor; a faster one lowers it by its 99th root. */
const up = 1.2;
const down = up ** (-1 / 99);
/**
 * What takes longer counts as this, in ms: one bad second of a peer must not be believed for a minute, and who is asked
 * too early, because he is always slower, just answers.
 */
const mostMs = 250;

/**
 * The 99th percentile of a connection's latencies, in ms, in one number: it rests where one of a hundred answers is
 * slower than it, up to 250. After the frugal streaming of Ma, Muthukrishnan and Sandler, "Frugal Streaming for Estimating
 * Quantiles", 2013, in steps of a ratio, since latencies differ by orders of magnitude.
 */
export class UsualLatency {
  p99Ms = 0;

  heard(latencyMs: number): void {
    const { p99Ms } = this;
    if (latencyMs <= p99Ms) this.p99Ms = p99Ms * down;
    else this.p99Ms = Math.min(latencyMs, mostMs, p99Ms === 0 ? mostMs : p99Ms * up);
  }
}
