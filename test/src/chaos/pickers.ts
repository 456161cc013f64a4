import {
  consistentHash,
  filtered,
  leastPending,
  nearest,
  nearestOnGlobe,
  orElse,
  own,
  p2cPeakEwma,
  random,
  roundRobin,
  smoothWeightedRoundRobin,
  sticky,
  zoneFirst,
} from "@rpc/balancer";
import { answerQuestions } from "@rpc/bench/processes";
import type { Balancer, Call, Picker } from "@rpc/core";
import { type TestCandidate, testCall, testCandidate } from "@rpc/core/testing";

/* A process that measures balancers, and nothing else. */

/** What a balancer costs. */
export interface PickerCost {
  readonly name: string;
  readonly pickUs: number;
  /** What `manyCalls` leave in all. */
  readonly leftBytes: number;
  readonly listMs: number;
}

/** What becomes of keys, over the mean: of n endpoints 1 is a share of 1/n. */
export interface HashShares {
  readonly endpoints: number;
  readonly most: number;
  readonly moved: number;
}

export interface PickerQuestions {
  costs: { readonly ask: { readonly endpoints: number }; readonly answer: readonly PickerCost[] };
  shares: { readonly ask: { readonly endpoints: number }; readonly answer: HashShares };
}

const balancers: Readonly<Record<string, Balancer>> = {
  p2cPeakEwma,
  random,
  roundRobin,
  smoothWeightedRoundRobin,
  leastPending,
  consistentHash: consistentHash(),
  zoneFirst: zoneFirst("eu", p2cPeakEwma),
  nearest: nearest(p2cPeakEwma),
  nearestOnGlobe: nearestOnGlobe({ latitude: 10, longitude: 10 }, p2cPeakEwma, { spreadKm: 2_000 }),
  filtered: filtered({ group: "a" }, p2cPeakEwma),
  sticky: sticky(p2cPeakEwma),
  orElse: orElse(filtered({ group: "canary" }, p2cPeakEwma), random),
  own: own((among, call) => among[call.attempt]!),
};

/** So many that what each call leaves would show beside what the engine itself needs now and then. */
const manyCalls = 1_000_000;
const rounds = 8;
/** So many that chance moves no share by more than some hundredths. */
const keysEach = 4_000;

answerQuestions<PickerQuestions>(
  {
    costs: async ({ endpoints }) =>
      Object.entries(balancers).map(([name, balancer]) => costOf(name, balancer, endpoints)),
    shares: async ({ endpoints }) => sharesOf(endpoints),
  },
  async () => {},
);

/** The best of several rounds: what is slower was held up by something else, and in the first ones the engine compiles. */
function costOf(name: string, balancer: Balancer, endpoints: number): PickerCost {
  const lists = [listOf(endpoints), listOf(endpoints - 1)];
  const asked = name === "consistentHash" ? keysOf(1_024).map((key) => testCall({ key })) : [testCall()];
  const listed = balancer();
  let [pickUs, leftBytes, listMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let pick = listed(lists[0]!);
  for (let round = 0; round < rounds; round++) {
    const listedAt = performance.now();
    pick = listed(lists[round % lists.length]!);
    // Some of it may be left to the first call.
    pick(asked[0]!);
    listMs = Math.min(listMs, performance.now() - listedAt);
  }
  for (let round = 0; round < rounds; round++) {
    globalThis.gc?.();
    const heapBytes = process.memoryUsage().heapUsed;
    const pickedAt = performance.now();
    for (let call = 0; call < manyCalls; call++) pick(asked[call % asked.length]!);
    pickUs = Math.min(pickUs, ((performance.now() - pickedAt) * 1_000) / manyCalls);
    const grownBytes = process.memoryUsage().heapUsed - heapBytes;
    // Below 0 something was collected meanwhile, and nothing can be told.
    if (grownBytes >= 0) leftBytes = Math.min(leftBytes, grownBytes);
  }
  return { name, pickUs, leftBytes, listMs };
}

/** The keys of the endpoint that has the most, and of nine others, when it leaves. */
function sharesOf(endpoints: number): HashShares {
  const ready = Array.from({ length: endpoints }, (_, n) => testCandidate(`10.0.0.${n}:7000`));
  const calls = keysOf(keysEach * endpoints).map((key) => testCall({ key }));
  const before = places(consistentHash()()(ready), calls);
  const counts = new Map<string, number>();
  for (const id of before) counts.set(id, (counts.get(id) ?? 0) + 1);
  const leaving = [...counts].sort(([, a], [, b]) => b - a).slice(0, 10);
  const moved = leaving.map(([id]) => {
    const after = places(consistentHash()()(ready.filter(({ endpoint }) => endpoint.id !== id)), calls);
    return before.filter((place, key) => place !== after[key]).length;
  });
  const share = endpoints / calls.length;
  return { endpoints, most: leaving[0]![1] * share, moved: Math.max(...moved) * share };
}

const places = (pick: Picker, calls: readonly Call[]): readonly string[] => calls.map((call) => pick(call).endpoint.id);

const keysOf = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `user:${n}`);

const listOf = (count: number): readonly TestCandidate[] =>
  Array.from({ length: count }, (_, n) =>
    testCandidate(`e${n}`, {
      weight: 1 + (n % 3),
      latencyMs: 1.37 + (n % 7),
      distanceMs: 0.81 + (n % 11),
      pending: n % 5,
      tags: {
        zone: n % 3 === 0 ? "eu" : "us",
        group: n % 2 === 0 ? "a" : "b",
        latitude: String(n % 90),
        longitude: String(n % 180),
      },
    }),
  );
