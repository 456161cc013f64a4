import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom, type TestFigures, tally, testCall, testCandidate } from "@rpc/core/testing";
import fc from "fast-check";
import { greatCircleKm, placeOn } from "./great-circle.js";
import { nearest } from "./nearest.js";
import { nearestOnGlobe } from "./nearest-on-globe.js";
import { randomWith } from "./random.js";
import { roundRobinWith } from "./round-robin.js";
import { zoneFirst } from "./zone-first.js";

const turns = roundRobinWith(seededRandom(12));
const zoned = (id: string, zone: string, figures: TestFigures = {}) =>
  testCandidate(id, { ...figures, tags: { zone } });

describe("zoneFirst", () => {
  test("calls stay in the zone while it has an endpoint, and leave it when it has none", () => {
    const balancer = zoneFirst("eu", turns)();
    assert.deepEqual(
      [...tally(balancer([zoned("e1", "eu"), zoned("e2", "eu"), zoned("u", "us")]), 100).keys()].sort(),
      ["e1", "e2"],
    );
    assert.deepEqual([...tally(balancer([zoned("u1", "us"), zoned("u2", "us")]), 100).keys()].sort(), ["u1", "u2"]);
  });

  test("with too few in the zone the others are used like them", () => {
    const ready = [zoned("e1", "eu"), zoned("u1", "us"), zoned("u2", "us")];
    assert.deepEqual([...tally(zoneFirst("eu", turns, { fewest: 2 })()(ready), 99).values()], [33, 33, 33]);
  });

  test("an operator who empties a zone by weight 0 sends its calls elsewhere", () => {
    const ready = [zoned("e1", "eu", { weight: 0 }), zoned("u1", "us")];
    assert.deepEqual([...tally(zoneFirst("eu", turns)()(ready), 9).keys()], ["u1"]);
  });

  test("when the zone is busy and others are less so, calls spill over until it is not", () => {
    const near = [zoned("e1", "eu", { pending: 31 }), zoned("e2", "eu", { pending: 31 })];
    const far = zoned("u1", "us", { pending: 5 });
    const pick = zoneFirst("eu", turns)()([...near, far]);
    assert.equal(tally(pick, 100).has("u1"), false);
    near[0]!.pending = 34;
    assert.ok((tally(pick, 90).get("u1") ?? 0) >= 29);
    far.pending = 100;
    assert.ok((tally(pick, 100).get("u1") ?? 0) <= 2, "the others are busier still");
    far.pending = 0;
    near[0]!.pending = 0;
    assert.ok((tally(pick, 100).get("u1") ?? 0) <= 2);
  });

  test("a call that failed on all of the zone is tried elsewhere", () => {
    const pick = zoneFirst("eu", turns)()([zoned("e1", "eu"), zoned("u1", "us"), zoned("u2", "us")]);
    assert.deepEqual([...tally(pick, 10, { except: ["e1"] }).keys()].sort(), ["u1", "u2"]);
  });

  test("options that cannot be are refused by name", () => {
    assert.throws(() => zoneFirst("eu", turns, { fewest: 0 }), /fewest/);
    assert.throws(() => zoneFirst("eu", turns, { pendingAbove: -1 }), /pendingAbove/);
    assert.throws(() => zoneFirst("eu", turns, { spill: 1 } as never), /zoneFirst has no option "spill"/);
    assert.throws(() => zoneFirst(undefined as never, turns), TypeError);
  });
});

describe("nearest", () => {
  test("those whose shortest answer took at most 2 ms more than the nearest one's get all calls", () => {
    const ready = [
      testCandidate("here", { distanceMs: 0.3, latencyMs: 80 }),
      testCandidate("next door", { distanceMs: 2.2 }),
      testCandidate("far", { distanceMs: 2.4 }),
      testCandidate("unknown", { distanceMs: 0 }),
    ];
    assert.deepEqual([...tally(nearest(turns)()(ready), 100).keys()], ["here", "next door"]);
    assert.deepEqual([...tally(nearest(turns, { spreadMs: 0 })()(ready), 100).keys()], ["here"]);
    assert.equal(tally(nearest(turns, { spreadMs: Number.POSITIVE_INFINITY })()(ready), 99).size, 3);
  });

  test("where nothing is known all are near", () => {
    const ready = [testCandidate("a", { distanceMs: 0 }), testCandidate("b", { distanceMs: 0 })];
    assert.equal(tally(nearest(turns)()(ready), 10).size, 2);
  });

  test("who has become the nearest is found without a new list", () => {
    const moved = testCandidate("moved", { distanceMs: 100 });
    const pick = nearest(turns)()([testCandidate("a", { distanceMs: 50 }), moved]);
    assert.equal(tally(pick, 100).has("moved"), false);
    moved.distanceMs = 1;
    tally(pick, 1_024);
    assert.deepEqual([...tally(pick, 100).keys()], ["moved"]);
  });

  test("options that cannot be are refused by name", () => {
    assert.throws(() => nearest(turns, { spreadMs: Number.NaN }), /spreadMs/);
    assert.throws(() => nearest(turns, { spread: 1 } as never), /nearest has no option "spread"/);
  });
});

describe("nearestOnGlobe", () => {
  const at = (id: string, latitude: string, longitude: string) => testCandidate(id, { tags: { latitude, longitude } });
  const munich = { latitude: 48.14, longitude: 11.58 };

  test("the nearest city is called, and one within 100 km more; no tags are farthest", () => {
    const ready = [at("berlin", "52.52", "13.40"), at("paris", "48.86", "2.35"), testCandidate("nowhere")];
    const pick = nearestOnGlobe(munich, turns)()(ready);
    assert.deepEqual([...tally(pick, 10).keys()], ["berlin"]);
    const wider = nearestOnGlobe(munich, turns, { spreadKm: 200 })()(ready);
    assert.deepEqual([...tally(wider, 10).keys()].sort(), ["berlin", "paris"]);
    assert.deepEqual([...tally(pick, 10, { except: ["berlin", "paris"] }).keys()], ["nowhere"]);
  });

  test("distances are those of the globe: across the date line, over the pole, and nowhere more than half around", () => {
    const km = (a: number, b: number, c: number, d: number) =>
      greatCircleKm({ latitude: a, longitude: b }, { latitude: c, longitude: d });
    assert.ok(Math.abs(km(52.52, 13.405, 48.857, 2.352) - 878) < 5);
    assert.ok(Math.abs(km(0, 179.5, 0, -179.5) - 111.2) < 0.2);
    assert.ok(Math.abs(km(89.5, 0, 89.5, 180) - 111.2) < 0.2);
    const place = fc.tuple(
      fc.double({ min: -90, max: 90, noNaN: true }),
      fc.double({ min: -180, max: 180, noNaN: true }),
    );
    fc.assert(
      fc.property(place, place, ([a, b], [c, d]) => {
        const there = km(a, b, c, d);
        assert.ok(there >= 0 && there <= 20_016 && Math.abs(there - km(c, d, a, b)) < 1e-6);
      }),
    );
  });

  test("tags that are no place, and a place that is none, are not taken for the equator", () => {
    for (const [latitude, longitude] of [
      ["", ""],
      ["x", "1"],
      ["91", "0"],
      ["0", "181"],
      [undefined, "0"],
      [" ", " "],
    ])
      assert.equal(placeOn(latitude, longitude), undefined);
    assert.throws(() => nearestOnGlobe({ latitude: 91, longitude: 0 }, turns), TypeError);
    assert.throws(() => nearestOnGlobe(undefined as never, turns), TypeError);
    assert.throws(() => nearestOnGlobe(munich, turns, { spreadKm: -1 }), /spreadKm/);
  });

  test("it wants the whole list, or the nearest might not be in its part", () => {
    assert.equal(nearestOnGlobe(munich, turns).whole, true);
  });
});

test("a spill-over of ten thousand endpoints is decided without looking at all of them for every call", () => {
  const ready = Array.from({ length: 10_000 }, (_, i) => zoned(`e${i}`, i % 3 === 0 ? "eu" : "us"));
  let looked = 0;
  for (const candidate of ready) {
    Object.defineProperty(candidate, "pending", {
      get: () => {
        looked++;
        return 0;
      },
    });
  }
  const pick = zoneFirst("eu", randomWith(seededRandom(8)))()(ready);
  const call = testCall();
  for (let calls = 0; calls < 10_000; calls++) pick(call);
  assert.ok(looked < 300_000, `${looked / 10_000} looks for a call`);
});
