import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoint } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { ClusterView, type Happening } from "./cluster-view.js";
import { type Listing, watch } from "./watch.js";

const endpoint = (id: string): Endpoint => ({ id, address: `tcp://${id}`, weight: 1, tags: {}, inactive: false });

test("rpc watch keeps its last lists while the registry is away, says so, and asks again until it is back", async () => {
  const clock = createManualClock();
  const stop = new AbortController();
  const told: string[] = [];
  const view = new ClusterView((happening: Happening) =>
    told.push(
      happening.kind === "registry"
        ? `registry ${happening.lost ?? "back"}`
        : `${happening.kind} ${happening.row.instance}`,
    ),
  );
  let away = false;
  let watches = 0;
  const listing: Listing = {
    async *services(signal) {
      if (away) throw new Error("away");
      yield ["Orders"];
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    },
    async *watch(_service, signal) {
      watches++;
      if (away) throw new Error("away");
      yield watches === 1 ? [endpoint("a")] : [endpoint("a"), endpoint("b")];
      if (watches > 1) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      else away = true;
    },
  };
  const opened = { now: 0, ever: 0 };
  const open = () => {
    opened.now++;
    opened.ever++;
    return {
      ask: () => Promise.reject(new Error("nobody listens there")),
      services: async () => [],
      close: async () => void opened.now--,
    };
  };
  const ended = watch(view, { listing, services: [], open, everyMs: 1_000, clock, signal: stop.signal });
  await clock.advance(60_000);
  assert.deepEqual(told, ["came a", "registry the watch has ended", "unreachable a", "registry away"]);
  assert.ok(watches > 10 && watches < 20, `${watches} watches in a minute`);
  assert.equal(view.listed().size, 1);
  away = false;
  await clock.advance(5_000);
  assert.deepEqual(told.slice(4), ["registry back", "came b", "unreachable b"]);
  assert.deepEqual(opened, { now: 2, ever: 2 });
  stop.abort();
  await clock.advance(300);
  await ended;
  assert.equal(opened.now, 0);
});

test("rpc watch says within seconds that a registry is away, though its watches have not heard of it", async () => {
  const clock = createManualClock();
  const stop = new AbortController();
  const told: (string | undefined)[] = [];
  const view = new ClusterView((happening: Happening) => {
    if (happening.kind === "registry") told.push(happening.lost);
  });
  let away = false;
  const until = (signal: AbortSignal) =>
    new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  const listing: Listing = {
    async *services(signal) {
      yield ["Orders"];
      await until(signal);
    },
    async *watch(_service, signal) {
      yield [];
      await until(signal);
    },
    list: async () => (away ? Promise.reject(new Error("nobody listens there")) : []),
  };
  const open = () => assert.fail("nobody is listed");
  const ended = watch(view, { listing, services: [], open, everyMs: 1_000, clock, signal: stop.signal });
  await clock.advance(12_000);
  assert.deepEqual(told, []);
  away = true;
  await clock.advance(5_000);
  assert.deepEqual(told, ["nobody listens there"]);
  away = false;
  await clock.advance(5_000);
  assert.deepEqual(told, ["nobody listens there", undefined]);
  stop.abort();
  await clock.advance(300);
  await ended;
});
