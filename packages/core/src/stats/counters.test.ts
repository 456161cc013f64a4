import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CallCounters } from "./call-counters.js";
import { ConnectionCounters } from "./connection-counters.js";
import { type CountedConnection, Ledger } from "./ledger.js";
import { MethodTable } from "./method-table.js";
import type { ConnectionStats } from "./snapshots.js";
import { TurnLatencies } from "./turn-latencies.js";

const lost = { code: "unavailable", reason: "CONNECTION_LOST" } as const;

/** Counters of so many calls, of which some have failed and some have settled. */
function counted(calls: number, ok: number, failed: number): CallCounters {
  const counters = new CallCounters();
  counters.calls = calls;
  counters.settled = ok;
  for (let n = 0; n < failed; n++) counters.fail(lost);
  return counters;
}

describe("the counters of calls", () => {
  test("always add up: those made are those that succeeded, failed, or are pending", () => {
    const { calls, ok, failed, pending, codes, reasons } = counted(10, 5, 3).stats();
    assert.deepEqual([calls, ok, failed, pending], [10, 5, 3, 2]);
    assert.deepEqual({ codes, reasons }, { codes: { unavailable: 3 }, reasons: { CONNECTION_LOST: 3 } });
  });

  test("forget at a reset what has settled, and keep what is pending", () => {
    const counters = counted(10, 5, 3);
    counters.took(5_000, 1);
    counters.reset();
    const { calls, ok, failed, pending, codes, latency } = counters.stats();
    assert.deepEqual([calls, ok, failed, pending, codes, latency.count], [2, 0, 0, 2, {}, 0]);
  });

  test("of several connections come to their sum", () => {
    const sum = counted(4, 3, 1);
    sum.took(1_000, 1);
    const other = counted(3, 1, 1);
    other.took(100_000, 2);
    sum.add(other);
    const { calls, ok, failed, reasons, latency } = sum.stats();
    assert.deepEqual([calls, ok, failed, reasons], [7, 4, 2, { CONNECTION_LOST: 2 }]);
    assert.deepEqual([latency.count, latency.longestMs], [3, 100]);
  });

  test("tell 64 reasons apart and no more, however many a peer makes up, and lose none", () => {
    const counters = new CallCounters();
    for (let n = 0; n < 1_000; n++) counters.fail({ code: "internal", reason: `MADE_UP_${n}` });
    counters.fail({ code: "resource_exhausted", reason: "QUEUE_EVICTED" });
    const { codes, reasons } = counters.stats();
    assert.equal(Object.keys(reasons).length, 66);
    assert.equal(reasons["(other)"], 936);
    assert.equal(reasons["QUEUE_EVICTED"], 1);
    assert.deepEqual(codes, { internal: 1_000, resource_exhausted: 1 });
  });

  test("take a reason that is called like something of every object for a name", () => {
    const counters = new CallCounters();
    for (const reason of ["__proto__", "constructor"]) counters.fail({ code: "unknown", reason });
    const { reasons } = counters.stats();
    assert.deepEqual(Object.entries(reasons), [
      ["__proto__", 1],
      ["constructor", 1],
    ]);
    assert.equal(JSON.stringify(reasons), '{"__proto__":1,"constructor":1}');
  });
});

describe("the counters of methods", () => {
  test("are the same ones for the same path, and list what was called", () => {
    const table = new MethodTable();
    table.of("/A/b").calls++;
    table.of("/A/b").calls++;
    table.of("/A/idle");
    assert.deepEqual(Object.keys(table.stats()), ["/A/b"]);
    assert.equal(table.stats()["/A/b"]?.calls, 2);
  });

  test("are bounded, whatever names are called", () => {
    const table = new MethodTable();
    for (let n = 0; n < 5_000; n++) table.of(`/Any/${n}`).calls++;
    assert.equal(Object.keys(table.stats()).length, 1_025);
    assert.equal(table.stats()["(other)"]?.calls, 5_000 - 1_024);
    assert.equal(table.total().calls, 5_000);
  });
});

describe("the latencies of a turn", () => {
  test("are told by one look at the clock, for each method and each read", () => {
    const [a, b] = [new CallCounters(), new CallCounters()];
    const latencies = new TurnLatencies();
    assert.equal(latencies.empty, true);
    for (const [counters, startedAt] of [
      [a, 10],
      [a, 10],
      [b, 10],
      [a, 4],
      [a, 4],
    ] as const)
      latencies.note(counters, startedAt);
    latencies.settle(14);
    assert.equal(latencies.empty, true);
    assert.deepEqual([a.stats().latency.count, a.stats().latency.p50Ms, a.stats().latency.longestMs], [4, 4, 10]);
    assert.deepEqual([b.stats().latency.count, b.stats().latency.longestMs], [1, 4]);
  });
});

/** A connection that has read so many bytes. */
function connection(readBytes: number): CountedConnection & { readonly counters: ConnectionCounters } {
  const counters = new ConnectionCounters();
  counters.readBytes = readBytes;
  counters.unsentBytes = 7;
  return {
    counters,
    counted: () => counters,
    stats: () => counters.stats() as ConnectionStats,
    resetStats: () => counters.reset(),
  };
}

describe("the ledger of an end", () => {
  test("keeps what closed connections came to, but nothing that waited on them", () => {
    const ledger = new Ledger(() => 0);
    const [a, b] = [connection(100), connection(20)];
    for (const each of [a, b]) ledger.add(each);
    ledger.delete(a);
    ledger.delete(a);
    const { total, connectionsOpen, connectionsEver, connections } = ledger.stats(ledger.total());
    assert.deepEqual([total.traffic.readBytes, total.unsentBytes], [120, 7]);
    assert.deepEqual([connectionsOpen, connectionsEver, connections.length], [1, 2, 1]);
  });

  test("begins anew at a reset, with the connections that are open", () => {
    let now = 0;
    const ledger = new Ledger(() => now);
    const [a, b] = [connection(100), connection(20)];
    for (const each of [a, b]) ledger.add(each);
    ledger.delete(a);
    now = 50;
    ledger.reset();
    b.counters.readBytes += 3;
    now = 60;
    const { total, connectionsOpen, connectionsEver, sinceMs } = ledger.stats(ledger.total());
    assert.deepEqual([total.traffic.readBytes, connectionsOpen, connectionsEver, sinceMs], [3, 1, 1, 10]);
  });
});
