/** Below this many µs each has a bucket of its own; above, an octave is cut into half as many. */
const exactUs = 64;
const perOctave = 32;
const longestUs = 3_600_000_000;
const empty = new Float64Array(0);

/** A histogram as plain JSON: what one process writes down, another one adds up. */
export interface HistogramJson {
  /** How many values were recorded. */
  readonly count: number;
  /** All of them together, in ms. */
  readonly sumMs: number;
  /** The longest of them, in ms. */
  readonly longestMs: number;
  /** Number of a bucket and how many values are in it, in order, without the empty ones. */
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
}

/**
 * Spans of time from 1 µs to 1 h, in buckets that are nowhere wider than 1/32 of what they hold: a quantile is off by
 * 1.6 % at most, and below 64 µs by half a µs. Longer spans count as an hour. Recording is a few instructions and
 * allocates only when a value lies outside of all octaves met so far, so that a histogram of similar values is small.
 *
 * Layout after Gil Tene's HdrHistogram: linear up to 64 µs, then every octave in 32 equal parts. For a value of
 * `us` = 1sssss… in binary, the bucket is 32 × (octave − 5) and its leading six bits; those of 64 to 127 µs are the
 * buckets 64 to 95, those of 128 to 255 µs the buckets 96 to 127, and the last is number 895.
 */
export class Histogram {
  /** The buckets from `#first` on; what lies outside was never met. */
  #counts = empty;
  #first = 0;
  #count = 0;
  #sumMs = 0;
  #longestMs = 0;

  /** Reads what `toJSON` wrote. Throws a TypeError where it cannot be that. */
  static fromJSON(json: HistogramJson): Histogram {
    const made = new Histogram();
    if (!(json.count >= 0) || !(json.sumMs >= 0) || !(json.longestMs >= 0)) throw notOne("a count or a sum is missing");
    for (const [bucket, count] of json.buckets) {
      if (!Number.isInteger(bucket) || bucket < 0 || bucket >= buckets || !(count >= 0))
        throw notOne(`${bucket} with ${count} values is no bucket`);
      made.#put(bucket, count);
    }
    made.#count = json.count;
    made.#sumMs = json.sumMs;
    made.#longestMs = json.longestMs;
    return made;
  }

  get count(): number {
    return this.#count;
  }

  get sumMs(): number {
    return this.#sumMs;
  }

  get longestMs(): number {
    return this.#longestMs;
  }

  /** Counts a span of `ms`, as often as `times` says. Spans below 0 count as 0. */
  record(ms: number, times = 1): void {
    const us = ms > 0 ? (ms < 3_600_000 ? (ms * 1_000) >>> 0 : longestUs) : 0;
    const at = bucketOf(us) - this.#first;
    if (at >= 0 && at < this.#counts.length) this.#counts[at]! += times;
    else this.#put(at + this.#first, times);
    this.#count += times;
    if (ms > 0) {
      this.#sumMs += ms * times;
      if (ms > this.#longestMs) this.#longestMs = ms;
    }
  }

  /** Returns the span below which the share `q` of all values lies, 0 to 1, in ms; 0 while nothing was recorded. */
  quantile(q: number): number {
    const rank = Math.min(this.#count, Math.max(1, Math.ceil(q * this.#count)));
    if (rank === this.#count) return this.#longestMs;
    let seen = 0;
    for (let at = 0; at < this.#counts.length; at++) {
      seen += this.#counts[at]!;
      if (seen >= rank) return Math.min(middleMs(at + this.#first), this.#longestMs);
    }
    return this.#longestMs;
  }

  /** Adds what another one has recorded. */
  merge(other: Histogram): void {
    for (let at = 0; at < other.#counts.length; at++) {
      const count = other.#counts[at]!;
      if (count > 0) this.#put(at + other.#first, count);
    }
    this.#count += other.#count;
    this.#sumMs += other.#sumMs;
    this.#longestMs = Math.max(this.#longestMs, other.#longestMs);
  }

  /** Forgets everything. */
  reset(): void {
    this.#counts = empty;
    this.#first = 0;
    this.#count = this.#sumMs = this.#longestMs = 0;
  }

  toJSON(): HistogramJson {
    const filled: [number, number][] = [];
    for (let at = 0; at < this.#counts.length; at++) {
      const count = this.#counts[at]!;
      if (count > 0) filled.push([at + this.#first, count]);
    }
    return { count: this.#count, sumMs: this.#sumMs, longestMs: this.#longestMs, buckets: filled };
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

const buckets = bucketOf(longestUs) + 1;

function bucketOf(us: number): number {
  if (us < exactUs) return us;
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
