import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Balancer, Random, RpcError } from "@rpc/core";
import { balancerSuite, seededRandom, tally, testCall, testCandidate } from "@rpc/core/testing";
import { consistentHashWith } from "./consistent-hash.js";
import { filtered } from "./filtered.js";
import { leastPendingWith } from "./least-pending.js";
import { nearest } from "./nearest.js";
import { nearestOnGlobe } from "./nearest-on-globe.js";
import { orElse } from "./or-else.js";
import { own } from "./own.js";
import { p2cPeakEwmaWith } from "./p2c-peak-ewma.js";
import { randomWith } from "./random.js";
import { roundRobinWith } from "./round-robin.js";
import { smoothWeightedRoundRobinWith } from "./smooth-weighted-round-robin.js";
import { zoneFirst } from "./zone-first.js";

const berlin = { latitude: 52.5, longitude: 13.4 };
const anyOf =
  (random: Random): Balancer =>
  () =>
    own((among) => among[Math.floor(random() * among.length)]!)();

const simple: Readonly<Record<string, (random: Random) => Balancer>> = {
  leastPending: leastPendingWith,
  smoothWeightedRoundRobin: smoothWeightedRoundRobinWith,
  consistentHash: consistentHashWith,
  own: anyOf,
};
const hashes = (name: string) => ({ hashes: name === "consistentHash" });
for (const [name, make] of Object.entries(simple)) balancerSuite(name, make, hashes(name));

const around: Readonly<Record<string, (inner: Balancer) => Balancer>> = {
  zoneFirst: (inner) => zoneFirst("eu", inner),
  nearest,
  nearestOnGlobe: (inner) => nearestOnGlobe(berlin, inner),
  filtered: (inner) => filtered(() => true, inner),
  orElse: (inner) => orElse(filtered({ group: "canary" }, inner), inner),
};
const inner: Readonly<Record<string, (random: Random) => Balancer>> = {
  ...simple,
  p2cPeakEwma: p2cPeakEwmaWith,
  roundRobin: roundRobinWith,
  random: randomWith,
};
for (const [name, wrap] of Object.entries(around))
  for (const [of, make] of Object.entries(inner))
    balancerSuite(`${name} of ${of}`, (random) => wrap(make(random)), hashes(of));

describe("balancers around balancers", () => {
  const four = () => [
    testCandidate("eu-canary", { tags: { zone: "eu", group: "canary" } }),
    testCandidate("eu-stable", { tags: { zone: "eu", group: "stable" } }),
    testCandidate("us-canary", { tags: { zone: "us", group: "canary" } }),
    testCandidate("us-stable", { tags: { zone: "us", group: "stable" } }),
  ];
  for (const [name, make] of Object.entries(inner)) {
    test(`a zone within a group within a zone: all say their word (${name})`, () => {
      for (const balancer of [
        zoneFirst("eu", filtered({ group: "canary" }, make(seededRandom(3)))),
        filtered({ group: "canary" }, zoneFirst("eu", make(seededRandom(3)))),
      ]) {
        assert.deepEqual([...tally(balancer()(four()), 100).keys()], ["eu-canary"]);
        assert.deepEqual([...tally(balancer()(four()), 100, { except: ["eu-canary"] }).keys()], ["us-canary"]);
        assert.deepEqual(
          four()
            .filter(({ endpoint }) => balancer.admits?.(endpoint))
            .map(({ endpoint }) => endpoint.id),
          ["eu-canary", "us-canary"],
        );
      }
    });
  }

  test("that a balancer wants the whole list is not lost within others", () => {
    const hashing = consistentHashWith(seededRandom(1));
    for (const wrap of Object.values(around)) assert.equal(wrap(hashing).whole, true);
    assert.equal(zoneFirst("eu", randomWith(seededRandom(1))).whole, undefined);
  });

  test("a canary is called while there is one, and the others when there is none", () => {
    const balancer = orElse(filtered({ group: "canary" }, randomWith(seededRandom(2))), randomWith(seededRandom(2)));
    assert.deepEqual([...tally(balancer()(four()), 100).keys()].sort(), ["eu-canary", "us-canary"]);
    const stable = four().filter(({ endpoint }) => endpoint.tags["group"] === "stable");
    assert.deepEqual([...tally(balancer()(stable), 100).keys()].sort(), ["eu-stable", "us-stable"]);
    assert.deepEqual([...tally(balancer()(four()), 10, { only: "us-stable" }).keys()], ["us-stable"]);
    const failed = { except: ["eu-canary", "us-canary"] };
    assert.deepEqual([...tally(balancer()(four()), 10, failed).keys()].sort(), ["eu-stable", "us-stable"]);
  });
});

describe("filtered", () => {
  const candidates = [
    testCandidate("one", { tags: { version: "1" } }),
    testCandidate("two", { tags: { version: "2" } }),
    testCandidate("three", { tags: { version: "3", group: "beta" } }),
    testCandidate("none"),
  ];
  const through = (filter: Parameters<typeof filtered>[0]): string[] => [
    ...tally(
      filtered(
        filter,
        roundRobinWith(() => 0),
      )()(candidates),
      40,
    ).keys(),
  ];

  test("a tag has its value, or one of several; all tags named count; a function says what it likes", () => {
    assert.deepEqual(through({ version: "2" }), ["two"]);
    assert.deepEqual(through({ version: ["1", "3"] }), ["one", "three"]);
    assert.deepEqual(through({ version: ["1", "3"], group: "beta" }), ["three"]);
    assert.deepEqual(through({}), ["one", "two", "three", "none"]);
    assert.deepEqual(
      through(({ tags }) => Number(tags["version"]) >= 2),
      ["two", "three"],
    );
  });

  test("names that every object inherits are no tags", () => {
    const pick = filtered(
      { constructor: "x" },
      roundRobinWith(() => 0),
    )()(candidates);
    assert.throws(() => pick(testCall()));
  });

  test("a call for whom nobody is left fails unsent, and names service and filter", () => {
    const pick = filtered(
      { group: "gamma" },
      roundRobinWith(() => 0),
    )()(candidates);
    assert.throws(
      () => pick(testCall()),
      ({ code, reason, processed, message }: RpcError) =>
        code === "unavailable" &&
        reason === "NO_ENDPOINT" &&
        processed === "no" &&
        message.includes("Arith") &&
        message.includes("gamma"),
    );
  });

  test("what is no filter is refused at once", () => {
    for (const filter of [null, "canary", { group: 1 }, { group: [1] }])
      assert.throws(() => filtered(filter as never, randomWith(Math.random)), TypeError);
  });
});

describe("own", () => {
  test("the function sees who may be chosen, and the call", () => {
    const seen: unknown[] = [];
    const pick = own((among, call) => {
      seen.push([among.map(({ endpoint }) => endpoint.id), call.method.name]);
      return among.at(-1)!;
    })()([testCandidate("a"), testCandidate("off", { weight: 0 }), testCandidate("b")]);
    assert.equal(pick(testCall()).endpoint.id, "b");
    assert.equal(pick(testCall({ except: ["b"] })).endpoint.id, "a");
    assert.deepEqual(seen, [
      [["a", "b"], "add"],
      [["a"], "add"],
    ]);
  });

  test("one that chooses nothing fails the call by name", () => {
    const pick = own(() => undefined as never)()([testCandidate("a")]);
    assert.throws(
      () => pick(testCall()),
      ({ reason, message }: RpcError) => reason === "BALANCER_FAILED" && message.includes("Arith"),
    );
    assert.throws(() => own("first" as never), TypeError);
  });
});
