/** Below this many µs each has a bucket of its own; above, an octave is cut into half as many. */
const exactUs = 64;
const perOctave = 32;
const hourUs = 3_600_000_000;
const lastBucket = 885;
const empty = new Float64Array(0);

/** A histogram as plain JSON: what one process writes down, another one adds up. */
export interface HistogramJson {
  /** How many values were recorded. */
  readonly count: number;
  /** The longest of them, in ms, to a µs. */
  readonly longestMs: number;
  /** Number of a bucket and how many values are in it, in order, without the empty ones. */
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
}

/**
 * Spans of time from 1 µs to 1 h, in buckets that are nowhere wider than 1/32 of what they hold: a quantile is off by
 * 1.6 % at most, and below 64 µs by half a µs; so is the mean. Longer spans count as an hour. Recording takes about 5 ns
 * and allocates only when a value lies outside of all octaves met so far, so that a histogram of similar values is small.
 *
 * Layout after Gil Tene's HdrHistogram: linear up to 64 µs, then every octave in 32 equal parts. For a value of
 * `us` = 1sssss… in binary, the bucket is 32 × (octave − 5) and its leading six bits; those of 64 to 127 µs are the
 * buckets 64 to 95, those of 128 to 255 µs the buckets 96 to 127, and the last is number 895.
 */
export class Histogram {
  /** The buckets from `#first` on; what lies outside was never met. */
  #counts = empty;
  #first = 0;
  #longestUs = 0;

  /** Reads what `toJSON` wrote. Throws a TypeError where it cannot be that. */
  static fromJSON(json: HistogramJson): Histogram {
    const made = new Histogram();
    if (!(json.longestMs >= 0) || !Array.isArray(json.buckets))
      throw notOne("its longest span or its buckets are missing");
    for (const [bucket, count] of json.buckets) {
      if (!Number.isInteger(bucket) || bucket < 0 || bucket > lastBucket || !(count >= 0))
        throw notOne(`${bucket} with ${count} values is no bucket`);
      made.#put(bucket, count);
    }
    made.#longestUs = json.longestMs * 1_000;
    return made;
  }

  get count(): number {
    let count = 0;
    for (const each of this.#counts) count += each;
    return count;
  }

  /** The mean of all spans, in ms; 0 while nothing was recorded. */
  get meanMs(): number {
    let count = 0;
    let sumMs = 0;
    for (let at = 0; at < this.#counts.length; at++) {
      const here = this.#counts[at]!;
      if (here === 0) continue;
      count += here;
      sumMs += here * middleMs(at + this.#first);
    }
    return count === 0 ? 0 : sumMs / count;
  }

  get longestMs(): number {
    return this.#longestUs / 1_000;
  }

  /** Counts a span of `ms`, as often as `times` says. Spans below 0 count as 0. */
  record(ms: number, times = 1): void {
    this.recordUs(ms > 0 ? Math.min(ms * 1_000, hourUs) | 0 : 0, times);
  }

  /**
   * Counts a span of so many µs: a whole number in 32 bits, whose sign counts as the highest of them, so that `x | 0` of
   * up to an hour is right. A number in this form is handed over without being put into the heap.
   */
  recordUs(us: number, times: number): void {
    const bucket = bucketOf(us);
    const at = bucket - this.#first;
    if (at >= 0 && at < this.#counts.length) this.#counts[at]! += times;
    else this.#put(bucket, times);
    if (us >>> 0 > this.#longestUs) this.#longestUs = us >>> 0;
  }

  /** Returns the span below which the share `q` of all values lies, 0 to 1, in ms; 0 while nothing was recorded. */
  quantile(q: number): number {
    const { count } = this;
    const rank = Math.max(1, Math.ceil(q * count));
    if (rank >= count) return this.longestMs;
    let seen = 0;
    for (let at = 0; at < this.#counts.length; at++) {
      seen += this.#counts[at]!;
      if (seen >= rank) return Math.min(middleMs(at + this.#first), this.longestMs);
    }
    return this.longestMs;
  }

  /** Adds what another one has recorded. */
  merge(other: Histogram): void {
    const { length } = other.#counts;
    if (length > 0) {
      this.#put(other.#first, 0);
      this.#put(other.#first + length - 1, 0);
      const shift = other.#first - this.#first;
      for (let at = 0; at < length; at++) this.#counts[at + shift]! += other.#counts[at]!;
    }
    this.#longestUs = Math.max(this.#longestUs, other.#longestUs);
  }

  /** Forgets everything. */
  reset(): void {
    this.#counts = empty;
    this.#first = 0;
    this.#longestUs = 0;
  }

  toJSON(): HistogramJson {
    const filled: [number, number][] = [];
    for (let at = 0; at < this.#counts.length; at++) {
      const count = this.#counts[at]!;
      if (count > 0) filled.push([at + this.#first, count]);
    }
    return { count: this.count, longestMs: this.longestMs, buckets: filled };
  }

  #put(bucket: number, times: number): void {
    if (bucket < this.#first || bucket >= this.#first + this.#counts.length) this.#widenTo(bucket);
    this.#counts[bucket - this.#first]! += times;
  }

  /** Takes in the octave of a bucket, and those between. */
  #widenTo(bucket: number): void {
    const from = bucket - (bucket % perOctave);
    const had = this.#counts.length;
    const first = had === 0 ? from : Math.min(from, this.#first);
    const end = Math.max(from + perOctave, this.#first + had);
    const wider = new Float64Array(end - first);
    if (had > 0) wider.set(this.#counts, this.#first - first);
    this.#counts = wider;
    this.#first = first;
  }
}

/** `us` as in `recordUs`. */
function bucketOf(us: number): number {
  if (us >>> 0 < exactUs) return us;
  const shift = 26 - Math.clz32(us);
  return shift * perOctave + (us >>> shift);
}

/** The middle of a bucket, in ms. */
function middleMs(bucket: number): number {
  const shift = bucket < exactUs ? 0 : Math.floor(bucket / perOctave) - 1;
  return ((bucket - shift * perOctave + 0.5) * 2 ** shift) / 1_000;
}

function notOne(why: string): TypeError {
  return new TypeError(`Histogram.fromJSON wants what toJSON returned: ${why}`);
}
