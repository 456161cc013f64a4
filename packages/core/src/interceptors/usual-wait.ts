/** A slower answer raises the estimate by this factor; a faster one lowers it by its 19th root. */
const up = 1.2;
const down = up ** (-1 / 19);

/**
 * The 95th percentile of a method's answers, in ms, in one number: it rests where one of twenty is slower. After the
 * frugal streaming of Ma, Muthukrishnan and Sandler, "Frugal Streaming for Estimating Quantiles", 2013.
 */
export class UsualWait {
  p95Ms = 0;

  heard(latencyMs: number): void {
    const { p95Ms } = this;
    if (latencyMs <= p95Ms) this.p95Ms = p95Ms * down;
    else this.p95Ms = p95Ms === 0 ? latencyMs : p95Ms * up;
  }
}
