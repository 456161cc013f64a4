import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineService, type Picker } from "@rpc/core";
import { seededRandom, type TestCandidate, tally, testCall, testCandidate } from "@rpc/core/testing";
import fc from "fast-check";
import { consistentHash, consistentHashWith } from "./consistent-hash.js";
import { Ring } from "./ring/ring.js";

const endpoints = (n: number, name = "e") => Array.from({ length: n }, (_, i) => testCandidate(`${name}-${i}`));
const pickerOf = (ready: readonly TestCandidate[], seed = 5) => consistentHashWith(seededRandom(seed))()(ready);
const keys = (n: number): string[] => Array.from({ length: n }, (_, i) => `user:${i}`);
const idOf = (pick: Picker, key: string): string => pick(testCall({ key })).endpoint.id;
const places = (pick: Picker, of: readonly string[]): string[] => of.map((key) => idOf(pick, key));

describe("consistentHash", () => {
  test("a key goes to the same endpoint each time, from every client, whatever the order of the list", () => {
    const ready = endpoints(20);
    const one = places(pickerOf(ready, 1), keys(500));
    assert.deepEqual(places(pickerOf(ready.toReversed(), 2), keys(500)), one);
    assert.equal(new Set(one).size, 20);
  });

  for (const n of [3, 10, 100, 1_000]) {
    test(`of ${n} endpoints none has more than 1.1 times its share of the keys, which is all that moves when it leaves`, () => {
      const many = keys(400 * Math.max(n, 100));
      const ready = endpoints(n, "10.0.0");
      const before = places(pickerOf(ready), many);
      const counts = new Map<string, number>();
      for (const id of before) counts.set(id, (counts.get(id) ?? 0) + 1);
      const [most, share] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
      // Of n shares the one that chance makes the largest is four standard deviations above its own mean at most.
      const mean = many.length / n;
      assert.ok(share <= 1.05 * mean + 4 * Math.sqrt(mean), `${share} keys, ${share / mean} times the mean`);
      assert.equal(counts.size, n);
      const after = places(pickerOf(ready.filter(({ endpoint }) => endpoint.id !== most)), many);
      const moved = before.filter((id, i) => id !== after[i]);
      assert.deepEqual([moved.length, new Set(moved).size], [share, 1], "no key of another endpoint moved");
    });
  }

  test("of any endpoints: the keys of one that leaves move, no other does, and they come back with it", () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 40 }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(ids, fc.nat(), (names, which) => {
        const ready = names.map((id) => testCandidate(id));
        const gone = names[which % names.length]!;
        const before = places(pickerOf(ready), keys(200));
        const without = places(pickerOf(ready.filter(({ endpoint }) => endpoint.id !== gone)), keys(200));
        for (const [i, id] of before.entries()) if (id !== gone) assert.equal(without[i], id);
        assert.deepEqual(places(pickerOf(ready), keys(200)), before);
      }),
      { numRuns: 60 },
    );
  });

  test("a call that failed goes where its key would go if the endpoint were gone", () => {
    const ready = endpoints(10);
    const pick = pickerOf(ready);
    for (const key of keys(200)) {
      const first = idOf(pick, key);
      const second = pick(testCall({ key, except: [first] })).endpoint.id;
      assert.notEqual(second, first);
      assert.equal(pick(testCall({ key, except: [first] })).endpoint.id, second);
    }
  });

  test("of keys an endpoint has the share that its weight says, and a new one less until it is warm", () => {
    const ready = [
      testCandidate("a", { weight: 3 }),
      testCandidate("b"),
      testCandidate("c", { weight: 2, warmth: 0.5 }),
    ];
    const counts = new Map<string, number>();
    for (const id of places(pickerOf(ready), keys(20_000))) counts.set(id, (counts.get(id) ?? 0) + 1);
    for (const [id, share] of [
      ["a", 12_000],
      ["b", 4_000],
      ["c", 4_000],
    ] as const)
      assert.ok(Math.abs(counts.get(id)! / share - 1) < 0.12, `${id} has ${counts.get(id)}`);
  });

  test("one key that all want overloads nobody: no endpoint has more than 1.25 times the mean pending", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 1, max: 3 }), (n, wanted) => {
        const ready = endpoints(n);
        const pick = pickerOf(ready);
        for (let call = 0; call < 60 * n; call++)
          (pick(testCall({ key: `k${call % wanted}` })) as TestCandidate).pending++;
        for (const { endpoint, pending } of ready) {
          assert.ok(pending <= Math.max(4, Math.ceil(1.25 * 61)), `${endpoint.id} has ${pending} of a mean of 60`);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("a few calls at once do not scatter a key", () => {
    const ready = endpoints(10);
    const pick = pickerOf(ready);
    const used = new Set<string>();
    for (let call = 0; call < 4; call++) {
      const candidate = pick(testCall({ key: "k" })) as TestCandidate;
      candidate.pending++;
      used.add(candidate.endpoint.id);
    }
    assert.equal(used.size, 1);
    assert.notEqual(idOf(pick, "k"), [...used][0]);
  });

  test("calls pile up where their key belongs with loadFactor Infinity, and spread at once with freePending 0 and 1", () => {
    const pile = endpoints(5);
    const piling = consistentHash({ loadFactor: Number.POSITIVE_INFINITY })()(pile);
    for (let call = 0; call < 100; call++) (piling(testCall({ key: "k" })) as TestCandidate).pending++;
    assert.deepEqual(pile.map(({ pending }) => pending).sort(), [0, 0, 0, 0, 100]);
    const even = endpoints(5);
    const spreading = consistentHash({ loadFactor: 1, freePending: 0 })()(even);
    for (let call = 0; call < 100; call++) (spreading(testCall({ key: "k" })) as TestCandidate).pending++;
    assert.deepEqual(
      even.map(({ pending }) => pending),
      [20, 20, 20, 20, 20],
    );
  });

  test("the key is the call's own, else its method's, else what the client's function says, else none", () => {
    const service = defineService<{ of(user: string): void; all(): void }>("Carts", {
      of: { key: (user: string) => user },
      all: {},
    });
    const ready = endpoints(50);
    const pick = consistentHashWith(seededRandom(9), {
      keyOf: ({ method }) => (method.name === "all" ? "every" : "no"),
    })()(ready);
    const callOf = (index: number, input: readonly unknown[], key?: string) => ({
      ...testCall(key === undefined ? undefined : { key }),
      method: service.methods[index]!,
      input,
    });
    assert.equal(pick(callOf(0, ["ada"])).endpoint.id, idOf(pick, "ada"));
    assert.equal(pick(callOf(0, ["ada"], "bob")).endpoint.id, idOf(pick, "bob"));
    assert.equal(pick(callOf(1, [])).endpoint.id, idOf(pick, "every"));
    const keyless = consistentHashWith(seededRandom(9))()(ready);
    assert.ok(tally(keyless, 1_000).size > 40, "calls without a key go anywhere");
  });

  test("it wants the whole list, or clients would disagree; options that cannot be are refused by name", () => {
    assert.equal(consistentHash().whole, true);
    assert.throws(() => consistentHash({ loadFactor: 0.9 }), /loadFactor/);
    assert.throws(() => consistentHash({ freePending: -1 }), /freePending/);
    assert.throws(() => consistentHash({ keyOf: "id" as never }), /keyOf/);
    assert.throws(() => consistentHash({ loadfactor: 2 } as never), /did you mean "loadFactor"/);
  });
});

test("keys whose hashes lie beyond the last point belong to the first", () => {
  const ring = new Ring(["only"], [1]);
  for (const key of keys(1_000)) assert.equal(ring.ownerOf(ring.find(key)), 0);
});
