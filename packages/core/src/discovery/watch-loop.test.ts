import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { silent } from "../contract/logger.js";
import type { Endpoint, Registry } from "../contract/registry.js";
import { createManualClock, type ManualClock } from "../testing/manual-clock.js";
import { WatchLoop } from "./watch-loop.js";

type Watch = (times: number, signal: AbortSignal) => AsyncIterable<readonly Endpoint[]>;

const endpoint: Endpoint = { id: "a", address: "memory://a", weight: 1, tags: {}, inactive: false };

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve()));

function looping(watch: Watch, list: Registry["list"] = async () => Promise.reject(new Error("made up"))) {
  const clock: ManualClock = createManualClock();
  const watchedAt: number[] = [];
  const lists: (readonly Endpoint[])[] = [];
  const lost: unknown[] = [];
  const stop = new AbortController();
  const asked: number[] = [];
  const logged: string[] = [];
  const registry: Partial<Registry> = {
    list(...args) {
      asked.push(Math.round(clock.now()));
      return list(...args);
    },
    watch(_service, signal) {
      watchedAt.push(Math.round(clock.now()));
      return watch(watchedAt.length, signal);
    },
  };
  const loop = new WatchLoop(
    {
      registry: registry as Registry,
      service: "Shop",
      clock,
      random: () => 0.5,
      backoff: {},
      logger: { ...silent, error: (message) => void logged.push(message) },
      onList: (endpoints) => void lists.push(endpoints),
      onLost: (cause) => void lost.push(cause),
    },
    stop.signal,
  );
  return { clock, watchedAt, lists, lost, stop, loop, over: loop.over, asked, logged };
}

describe("the watch of a service", () => {
  const unwell: Record<string, Watch> = {
    "ends at once": async function* () {},
    "tells once and ends": async function* () {
      yield [endpoint];
    },
    "throws when asked": () => {
      throw new Error("made up");
    },
    "throws later": async function* () {
      yield [endpoint];
      throw new Error("made up");
    },
    "is no iterable at all": () => undefined as never,
  };
  for (const [how, watch] of Object.entries(unwell)) {
    test(`a registry whose watch ${how} is asked again after waits that grow, not in a circle`, async () => {
      const { clock, watchedAt, lists, lost, stop, over } = looping(watch);
      await clock.advance(1_000);
      assert.deepEqual(watchedAt, [0, 100, 260, 516, 926]);
      await clock.advance(600_000);
      assert.ok(watchedAt.length < 75, `${watchedAt.length} watches in ten minutes`);
      assert.ok(600_000 - watchedAt.at(-1)! < 12_000, "once it is well again it is not asked for long");
      assert.equal(lost.length, watchedAt.length);
      assert.ok(lists.length === 0 || lists.length === watchedAt.length);
      stop.abort();
      await over;
      assert.equal(clock.timers, 0);
    });
  }

  test("after a watch that lasted, the next one follows soon", async () => {
    const { clock, watchedAt, stop, over } = looping(async function* (times, signal) {
      if (times !== 6) return;
      yield [endpoint];
      await Promise.race([aborted(signal), new Promise<void>((end) => clock.setTimer(end, 10_000))]);
    });
    await clock.advance(12_000);
    const [before, after] = watchedAt.slice(5, 7);
    assert.equal(after! - before!, 10_100);
    stop.abort();
    await over;
  });

  test("a list that cannot be taken loses the watch, and the process goes on", async () => {
    const { clock, lost, lists, stop, over } = looping(async function* (_times, signal) {
      yield [endpoint];
      await aborted(signal);
    });
    lists.push = () => {
      throw new Error("cannot take it");
    };
    await clock.advance(150);
    assert.ok(lost.length >= 1);
    stop.abort();
    await over;
  });

  test("a whole list that cannot be taken is logged, and the process goes on asking", async () => {
    const { clock, asked, logged, stop, over } = looping(
      async function* (_times, signal) {
        yield [endpoint];
        await aborted(signal);
      },
      async () => null as never,
    );
    await clock.advance(130_000);
    assert.equal(asked.length, 2);
    assert.deepEqual(new Set(logged), new Set(["the list of Shop cannot be used; the last known list stays in force"]));
    stop.abort();
    await over;
  });

  test("once it is stopped nothing is told any more, and it ends", async () => {
    const { clock, lists, lost, stop, over } = looping(async function* (_times, signal) {
      yield [endpoint];
      await aborted(signal);
      yield [];
    });
    await clock.advance(10);
    stop.abort();
    await over;
    assert.deepEqual([lists.length, lost.length], [1, 0]);
  });

  test("each minute the whole list is asked for, so that nothing stays wrong for ever; the same list again begins no watch anew", async () => {
    const { clock, asked, watchedAt, lists, stop, over } = looping(
      async function* (_times, signal) {
        yield [endpoint];
        await aborted(signal);
      },
      async () => [{ ...endpoint }],
    );
    await clock.advance(180_500);
    assert.deepEqual(asked, [60_000, 120_000, 180_000]);
    assert.deepEqual([watchedAt.length, lists.length], [1, 4]);
    stop.abort();
    await over;
    assert.equal(clock.timers, 0);
  });

  test("a watch that has gone silently dead is found by the next whole list, and begun anew", async () => {
    const other = { ...endpoint, id: "b" };
    const { clock, watchedAt, lists, lost, stop, over } = looping(
      async function* (times, signal) {
        yield times === 1 ? [endpoint] : [other];
        await aborted(signal);
      },
      async () => [other],
    );
    await clock.advance(60_000);
    assert.deepEqual(watchedAt, [0, 60_000]);
    assert.deepEqual([lists.at(-1), lost], [[other], []]);
    stop.abort();
    await over;
  });

  test("a list that never comes does not end the asking, and one that comes late undoes nothing", async () => {
    const late: ((list: readonly Endpoint[]) => void)[] = [];
    const { clock, asked, lists, stop, over } = looping(
      async function* (_times, signal) {
        yield [endpoint];
        await aborted(signal);
      },
      () => new Promise((resolve) => late.push(resolve)),
    );
    await clock.advance(150_000);
    assert.deepEqual(asked, [60_000, 130_000]);
    for (const resolve of late) resolve([]);
    await clock.advance(20_000);
    assert.deepEqual(lists[0], [endpoint]);
    stop.abort();
    await over;
    assert.equal(clock.timers, 0);
  });
});
