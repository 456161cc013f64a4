import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Balancer,
  type Call,
  type Candidate,
  type Method,
  noMetadata,
  type Picker,
  type Random,
  type Route,
  RpcError,
} from "../contract/index.js";

/** A candidate whose figures a test may change. */
export interface TestCandidate extends Candidate {
  pending: number;
  latencyMs: number;
  distanceMs: number;
  warmth: number;
}

/** Figures of a candidate that is made up, and what its endpoint says of itself. */
export interface TestFigures {
  readonly weight?: number;
  readonly pending?: number;
  readonly latencyMs?: number;
  readonly distanceMs?: number;
  readonly warmth?: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Returns an idle candidate that answers in 1 ms, unless `figures` say otherwise. */
export function testCandidate(id: string, figures: TestFigures = {}): TestCandidate {
  const { weight = 1, pending = 0, latencyMs = 1, distanceMs = 1, warmth = 1, tags = {} } = figures;
  const endpoint = { id, address: `memory://${id}`, weight, tags, inactive: false };
  return { endpoint, pending, latencyMs, load: 0, distanceMs, warmth };
}

/** Returns a call as far as pickers look at one. */
export function testCall(route?: Route): Call {
  const method: Method = {
    service: "Arith",
    name: "add",
    path: "/Arith/add",
    index: 0,
    kind: "unary",
    idempotent: false,
    timeoutMs: 0,
    handlersRunning: 0,
  };
  const seen: Partial<Call> = { method, input: [], metadata: noMetadata, priority: "normal", attempt: 1, route };
  return seen as Call;
}

/**
 * Returns numbers that look random and are the same for the same seed, which is not 0. Marsaglia, Xorshift RNGs, J.
 * Stat. Softw. 8(14), 2003.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/**
 * Returns how often each endpoint was picked in `times` calls, by id. Nothing about the candidates changes meanwhile.
 */
export function tally(pick: Picker, times: number, route?: Route): Map<string, number> {
  const counts = new Map<string, number>();
  const call = testCall(route);
  for (let i = 0; i < times; i++) {
    const { id } = pick(call).endpoint;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/**
 * Declares the tests that every balancer passes. `make` returns the balancer under test, drawing from `random`. `hashes`:
 * calls with a key of their own are not free to go anywhere.
 */
export function balancerSuite(
  name: string,
  make: (random: Random) => Balancer,
  { hashes = false }: { readonly hashes?: boolean } = {},
): void {
  const pickerOf = (ready: readonly Candidate[], seed = 7) => make(seededRandom(seed))()(ready);
  const three = () => [testCandidate("a"), testCandidate("b"), testCandidate("c")];

  describe(`${name}: what every balancer does`, () => {
    test("a single endpoint gets every call", () => {
      assert.deepEqual(tally(pickerOf([testCandidate("a")]), 10), new Map([["a", 10]]));
    });

    test("equal idle endpoints share the calls evenly", () => {
      const counts = tally(pickerOf(three()), 30_000);
      for (const id of ["a", "b", "c"]) assertNear(counts.get(id) ?? 0, 10_000, 500, id);
    });

    test("an endpoint of a former list gets no call, a new one does", () => {
      const listed = make(seededRandom(3))();
      tally(listed(three()), 100);
      const counts = tally(listed([testCandidate("b"), testCandidate("c"), testCandidate("d")]), 3_000);
      assert.deepEqual([...counts.keys()].sort(), ["b", "c", "d"]);
      assert.deepEqual([...tally(listed([testCandidate("d")]), 3).keys()], ["d"]);
    });

    test("the list that was handed in stays as it was", () => {
      const ready = Object.freeze(three().map((candidate) => Object.freeze(candidate)));
      assert.equal(sum(tally(pickerOf(ready), 100)), 100);
    });

    test("two channels of one balancer do not disturb each other", () => {
      const balancer = make(seededRandom(5));
      const one = balancer()([testCandidate("a"), testCandidate("b")]);
      const other = balancer()([testCandidate("c"), testCandidate("d")]);
      const counts = new Map<string, number>();
      for (let i = 0; i < 2_000; i++) {
        for (const pick of [one, other]) {
          const { id } = pick(testCall()).endpoint;
          counts.set(id, (counts.get(id) ?? 0) + 1);
        }
      }
      for (const id of ["a", "b", "c", "d"]) assertNear(counts.get(id) ?? 0, 1_000, 150, id);
    });

    test("an endpoint of weight 0 gets no call while another has some weight", () => {
      const counts = tally(
        pickerOf([testCandidate("a"), testCandidate("off", { weight: 0 }), testCandidate("c")]),
        1_000,
      );
      assert.deepEqual([...counts.keys()].sort(), ["a", "c"]);
    });

    test("where every endpoint has weight 0, calls still go out", () => {
      const counts = tally(pickerOf([testCandidate("a", { weight: 0 }), testCandidate("b", { weight: 0 })]), 1_000);
      assert.deepEqual([...counts.keys()].sort(), ["a", "b"]);
    });

    test("a weight that is no number harms nobody", () => {
      const weights = [Number.NaN, -1, Number.POSITIVE_INFINITY];
      const ready = weights.map((weight, i) => testCandidate(`odd${i}`, { weight }));
      assert.equal(sum(tally(pickerOf(ready), 100)), 100);
      assert.deepEqual([...tally(pickerOf([...ready, testCandidate("a")]), 100).keys()], ["a"]);
    });
  });

  describe(`${name}: routes`, () => {
    test("a pinned call goes to exactly its endpoint", () => {
      assert.deepEqual(tally(pickerOf(three()), 50, { only: "b" }), new Map([["b", 50]]));
    });

    test("a call can be pinned to an endpoint of weight 0, and to a slow one", () => {
      const ready = [...three(), testCandidate("off", { weight: 0, latencyMs: 1_000, pending: 50 })];
      assert.deepEqual(tally(pickerOf(ready), 50, { only: "off" }), new Map([["off", 50]]));
    });

    test("calls pinned to an endpoint with several connections use them all", () => {
      const twins = [testCandidate("a"), testCandidate("a")];
      const pick = pickerOf([testCandidate("b"), ...twins]);
      const used = new Set(Array.from({ length: 100 }, () => pick(testCall({ only: "a" }))));
      assert.deepEqual(used, new Set(twins));
    });

    test("a call pinned to an endpoint that is not there fails unsent and names it", () => {
      assert.throws(
        () => pickerOf(three())(testCall({ only: "gone-1" })),
        (error) =>
          error instanceof RpcError &&
          error.code === "unavailable" &&
          error.reason === "NO_ENDPOINT" &&
          error.processed === "no" &&
          error.message.includes("gone-1") &&
          error.message.includes("Arith"),
      );
    });

    test("ids that are names of Object.prototype are not found by accident", () => {
      for (const only of ["constructor", "__proto__", "toString"]) {
        assert.throws(() => pickerOf(three())(testCall({ only })), RpcError);
      }
    });

    test("an excluded endpoint gets no call while others are there, and the others share it", () => {
      const counts = tally(pickerOf(three()), 10_000, { except: ["b"] });
      assert.equal(counts.get("b"), undefined);
      for (const id of ["a", "c"]) assertNear(counts.get(id) ?? 0, 5_000, 400, id);
    });

    test("the one endpoint left is found, in a long list too", () => {
      const ids = Array.from({ length: 100 }, (_, i) => `e${i}`);
      const pick = pickerOf(ids.map((id) => testCandidate(id)));
      assert.deepEqual(tally(pick, 20, { except: ids.slice(1) }), new Map([["e0", 20]]));
    });

    test("an excluded endpoint in a long list gets no call, and all others do", () => {
      const ids = Array.from({ length: 100 }, (_, i) => `e${i}`);
      const counts = tally(pickerOf(ids.map((id) => testCandidate(id))), 20_000, { except: ["e7", "e8"] });
      assert.equal(counts.size, 98);
      assert.equal(counts.has("e7") || counts.has("e8"), false);
    });

    test("a call that excludes every endpoint still goes out", () => {
      const counts = tally(pickerOf(three()), 1_000, { except: ["a", "b", "c"] });
      assert.deepEqual([...counts.keys()].sort(), ["a", "b", "c"]);
    });

    test("an endpoint of weight 0 is used when all others are excluded", () => {
      const ready = [testCandidate("a"), testCandidate("off", { weight: 0 })];
      assert.deepEqual(tally(pickerOf(ready), 20, { except: ["a"] }), new Map([["off", 20]]));
    });

    test("a pinned call goes to its endpoint although it is excluded", () => {
      assert.deepEqual(tally(pickerOf(three()), 20, { only: "b", except: ["b"] }), new Map([["b", 20]]));
    });

    test("a route that says nothing of endpoints leaves the choice free", () => {
      const routes: Route[] = [{}, { except: [] }, { only: undefined, except: undefined }];
      if (!hashes) routes.push({ key: "k" });
      for (const route of routes) {
        const counts = tally(pickerOf(three()), 3_000, route);
        assert.deepEqual([...counts.keys()].sort(), ["a", "b", "c"]);
      }
    });

    test("calls with routes do not change what calls without get", () => {
      const pick = pickerOf(three());
      const counts = new Map<string, number>();
      for (let i = 0; i < 6_000; i++) {
        pick(testCall({ except: ["a"] }));
        pick(testCall({ only: "c" }));
        const { id } = pick(testCall()).endpoint;
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      for (const id of ["a", "b", "c"]) assert.ok((counts.get(id) ?? 0) > 1_000, `${id} got ${counts.get(id)} of 6000`);
    });
  });
}

function assertNear(actual: number, expected: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, expected ${expected} ± ${tolerance}`);
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
