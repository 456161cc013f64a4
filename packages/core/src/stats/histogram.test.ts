import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Histogram, type HistogramJson } from "./histogram.js";

/** Spans as calls have them: many short ones, some long ones, of any size between. */
const spanMs = fc
  .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: -3, max: 6 }))
  .map(([share, power]) => Math.min(3_600_000, share * 10 ** power));
const spans = fc.array(spanMs, { minLength: 1, maxLength: 300 });
const share = fc.double({ min: 0, max: 1, noNaN: true });

const recorded = (values: readonly number[]): Histogram => {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

/** Whether a quantile is right to 1.6 %, or below 64 µs to a µs: half a bucket, and the part of a µs that is not counted. */
function near(found: number, wanted: number): boolean {
  return Math.abs(found - wanted) <= Math.max(wanted / 64 + 0.001, 0.001);
}

describe("a histogram", () => {
  test("tells every quantile of any spans to 1.6 %, as the sorted list of them has it", () => {
    fc.assert(
      fc.property(spans, share, (values, q) => {
        const sorted = [...values].sort((a, b) => a - b);
        const wanted = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
        const found = recorded(values).quantile(q);
        assert.ok(near(found, wanted), `q ${q}: ${found} ms instead of ${wanted} ms`);
      }),
    );
  });

  test("knows the count exactly, the longest span to a µs, and the mean to 1.6 %", () => {
    fc.assert(
      fc.property(spans, (values) => {
        const histogram = recorded(values);
        assert.equal(histogram.count, values.length);
        assert.ok(Math.abs(histogram.longestMs - Math.max(...values)) <= 0.001);
        assert.equal(histogram.quantile(1), histogram.longestMs);
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        assert.ok(near(histogram.meanMs, mean), `${histogram.meanMs} ms instead of ${mean} ms`);
      }),
    );
  });

  test("of several processes merged is the one of all their values, through JSON too", () => {
    fc.assert(
      fc.property(fc.array(spans, { minLength: 1, maxLength: 5 }), (lists) => {
        const merged = new Histogram();
        for (const list of lists) {
          const sent = JSON.stringify(recorded(list));
          merged.merge(Histogram.fromJSON(JSON.parse(sent) as HistogramJson));
        }
        const all = recorded(lists.flat()).toJSON();
        assert.deepEqual(merged.toJSON(), all);
      }),
    );
  });

  test("counts a span as often as it is told", () => {
    const histogram = new Histogram();
    histogram.record(2, 3);
    histogram.record(50);
    assert.deepEqual(
      [histogram.count, histogram.longestMs, histogram.toJSON().buckets.map(([, count]) => count)],
      [4, 50, [3, 1]],
    );
  });

  test("takes spans at and beyond its ends: none, negative, an hour, more, none at all", () => {
    const histogram = recorded([0, -5, Number.NaN, 3_600_000, 1e12]);
    assert.equal(histogram.count, 5);
    assert.equal(histogram.quantile(0.6), 0.0005);
    assert.deepEqual(histogram.toJSON().buckets, [
      [0, 3],
      [885, 2],
    ]);
  });

  test("that was reset is as a new one, and can be used on", () => {
    const histogram = recorded([1, 1_000]);
    histogram.reset();
    assert.deepEqual(histogram.toJSON(), new Histogram().toJSON());
    assert.equal(histogram.quantile(0.5), 0);
    histogram.record(7);
    assert.equal(histogram.quantile(0.5), 7);
  });

  test("is not made from what is none", () => {
    const json = recorded([1]).toJSON();
    const wrong = [
      {},
      { ...json, longestMs: -1 },
      { ...json, buckets: [[5_000, 1]] },
      { ...json, buckets: [[1, "a"]] },
    ];
    for (const each of wrong) assert.throws(() => Histogram.fromJSON(each as HistogramJson), TypeError);
  });
});
