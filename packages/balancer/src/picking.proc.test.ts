import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import type { Balancer } from "@rpc/core";
import { type TestCandidate, testCall, testCandidate } from "@rpc/core/testing";
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
} from "./index.js";

// Before anything is measured: no collection may hide what was allocated.
setFlagsFromString("--semi-space-growth-factor=8");
setFlagsFromString("--min-semi-space-size=128");

const manyEndpoints = 10_000;
const calls = 1_000_000;
/** What a round of calls may leave in all: the engine compiles meanwhile, and to ask what is used takes something, too. */
const roundBytes = 16_384;
/** The first rounds are those in which the engine compiles. */
const rounds = 6;
/** A machine at rest needs no more than a microsecond for a call and 50 ms for a list; a busy one is given four times as much. */
const busyFactor = 4;

const balancers: Readonly<Record<string, Balancer>> = {
  random,
  roundRobin,
  p2cPeakEwma,
  smoothWeightedRoundRobin,
  leastPending,
  consistentHash: consistentHash(),
  "zoneFirst of leastPending": zoneFirst("eu", leastPending),
  "nearest of p2cPeakEwma": nearest(p2cPeakEwma),
  "nearestOnGlobe of p2cPeakEwma": nearestOnGlobe({ latitude: 10, longitude: 10 }, p2cPeakEwma, { spreadKm: 2_000 }),
  "filtered p2cPeakEwma": filtered({ group: "a" }, p2cPeakEwma),
  sticky: sticky(p2cPeakEwma),
  "zoneFirst of filtered leastPending": zoneFirst("eu", filtered({ group: "a" }, leastPending)),
  "orElse of p2cPeakEwma and random": orElse(filtered({ group: "canary" }, p2cPeakEwma), random),
  own: own((among, call) => among[call.attempt]!),
};

/** What this process has computed so far, in µs: time that others had the processor for is none of ours. */
function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const listOf = (count: number): TestCandidate[] =>
  Array.from({ length: count }, (_, i) =>
    testCandidate(`e${i}`, {
      weight: 1 + (i % 3),
      // What is measured is hardly ever a whole number.
      latencyMs: 1.37 + (i % 7),
      distanceMs: 0.81 + (i % 11),
      pending: i % 5,
      tags: {
        zone: i % 3 === 0 ? "eu" : "us",
        group: i % 2 === 0 ? "a" : "b",
        latitude: String(i % 90),
        longitude: String(i % 180),
      },
    }),
  );

describe(`with ${manyEndpoints} endpoints`, () => {
  const ready = listOf(manyEndpoints);
  const keyed = Array.from({ length: 1_024 }, (_, i) => testCall({ key: `user:${i}` }));
  const free = [testCall()];

  for (const [name, balancer] of Object.entries(balancers)) {
    test(`${name} picks in about a microsecond and leaves nothing for the collector, and takes a new list over at once`, () => {
      const listed = balancer();
      const kinds = name === "consistentHash" ? keyed : free;
      let pick = listed(ready);
      let listMs = Number.POSITIVE_INFINITY;
      let pickUs = Number.POSITIVE_INFINITY;
      let bytes = Number.POSITIVE_INFINITY;
      for (let round = 0; round < rounds; round++) {
        const startedUs = cpuUs();
        pick = listed(ready);
        listMs = Math.min(listMs, (cpuUs() - startedUs) / 1_000);
      }
      for (let round = 0; round < rounds && bytes > roundBytes; round++) {
        const heapBytes = process.memoryUsage().heapUsed;
        const pickedUs = cpuUs();
        for (let i = 0; i < calls; i++) pick(kinds[i % kinds.length]!);
        pickUs = Math.min(pickUs, (cpuUs() - pickedUs) / calls);
        const grown = process.memoryUsage().heapUsed - heapBytes;
        // Below 0 something was collected meanwhile, and nothing can be told.
        if (grown >= 0) bytes = Math.min(bytes, grown);
      }
      assert.ok(pickUs <= 1 * busyFactor, `${pickUs} µs a call`);
      assert.ok(listMs <= 50 * busyFactor, `${listMs} ms a list`);
      assert.ok(bytes <= roundBytes, `${bytes} bytes of ${calls} calls`);
    });
  }
});
