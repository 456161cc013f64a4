import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Clock, Timer } from "../contract/clock.js";
import { seededRandom } from "../testing/balancer-suite.js";
import { createManualClock } from "../testing/manual-clock.js";
import { Deadlines, deadlinesOf, type Expiring } from "./deadlines.js";

/** An entry that calls back with itself. */
function entry(deadline: number, expire: (entry: Expiring) => void = () => {}): Expiring {
  return {
    deadline,
    place: -1,
    expire() {
      expire(this);
    },
  };
}

/** A clock that knows whether its timer keeps the process alive. */
function watchedClock() {
  const clock = createManualClock();
  const kept = { set: 0, alive: 0, longestMs: 0 };
  const watched: Clock = {
    now: () => clock.now(),
    atEndOfTurn: (run) => clock.atEndOfTurn(run),
    afterReads: (run) => clock.afterReads(run),
    setTimer(run, delayMs): Timer {
      kept.set++;
      kept.alive++;
      kept.longestMs = Math.max(kept.longestMs, delayMs);
      let over = false;
      let ref = true;
      const count = (by: number): void => {
        kept.alive += by;
      };
      const end = (): void => {
        if (!over && ref) count(-1);
        over = true;
      };
      const timer = clock.setTimer(() => {
        end();
        run();
      }, delayMs);
      return {
        cancel() {
          timer.cancel();
          end();
        },
        ref() {
          if (!over && !ref) count(1);
          ref = true;
        },
        unref() {
          if (!over && ref) count(-1);
          ref = false;
        },
      };
    },
  };
  return { clock, watched, kept };
}

describe("deadlines", () => {
  test("whatever comes and goes, each expires once, never early, at most 5 ms late, and what was taken out never does", async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const random = seededRandom(seed);
      const clock = createManualClock();
      const deadlines = new Deadlines(clock);
      const expired = new Map<Expiring, number>();
      const kept = new Set<Expiring>();
      for (let step = 0; step < 300; step++) {
        const added = entry(clock.now() + Math.floor(random() * 500), (which) => {
          assert.ok(!expired.has(which), "expired twice");
          assert.equal(which.place, -1);
          expired.set(which, clock.now());
        });
        deadlines.add(added);
        kept.add(added);
        if (random() < 0.4) {
          const [victim] = [...kept].slice(Math.floor(random() * kept.size));
          if (!expired.has(victim!)) kept.delete(victim!);
          deadlines.delete(victim!);
          deadlines.delete(victim!);
        }
        if (random() < 0.3) await clock.advance(Math.floor(random() * 40));
      }
      await clock.advance(1_000);
      assert.deepEqual(new Set(expired.keys()), kept);
      for (const [{ deadline }, at] of expired) {
        assert.ok(at >= deadline && at <= deadline + 5, `seed ${seed}: ${deadline} expired at ${at}`);
      }
      assert.equal(deadlines.size, 0);
      assert.equal(clock.timers, 0);
    }
  });

  test("expire in their order, whatever order they were added in", async () => {
    const clock = createManualClock();
    const deadlines = new Deadlines(clock);
    const seen: number[] = [];
    for (const deadline of [50, 10, 40, 20, 30, 10_000]) {
      deadlines.add(entry(deadline, (which) => void seen.push(which.deadline)));
    }
    await clock.advance(60);
    assert.deepEqual(seen, [10, 20, 30, 40, 50]);
    assert.equal(deadlines.size, 1);
  });

  test("those of one moment share one look at the clock", async () => {
    const { clock, watched, kept } = watchedClock();
    const deadlines = new Deadlines(watched);
    let expired = 0;
    for (let step = 0; step < 1_000; step++) deadlines.add(entry(10_001 + (step % 5), () => void expired++));
    await clock.advance(10_010);
    assert.equal(expired, 1_000);
    assert.ok(kept.set <= 2, `${kept.set} timers`);
  });

  test("one that is added, or taken out, while others expire is treated as any other", async () => {
    const clock = createManualClock();
    const deadlines = new Deadlines(clock);
    const seen: string[] = [];
    const victims = [0, 1, 2].map((number) => entry(10, () => seen.push(`victim ${number}`)));
    const later = entry(200, () => seen.push(`later@${clock.now()}`));
    for (const victim of victims) deadlines.add(victim);
    deadlines.add(later);
    deadlines.add(
      entry(10, () => {
        for (const victim of victims) deadlines.delete(victim);
        deadlines.add(entry(clock.now() - 5, () => seen.push("overdue")));
        deadlines.add(entry(100, () => seen.push(`next@${clock.now()}`)));
      }),
    );
    await clock.advance(300);
    assert.deepEqual(seen, ["overdue", "next@101", "later@201"]);
    assert.equal(deadlines.size, 0);
  });

  test("what arrived while this process was stalled is read before a deadline is judged", async () => {
    const clock = createManualClock();
    const reads: (() => void)[] = [];
    const stalled: Clock = {
      now: () => clock.now(),
      setTimer: (run, delayMs) => clock.setTimer(run, delayMs),
      atEndOfTurn: (run) => clock.atEndOfTurn(run),
      afterReads: (run) => void reads.push(run),
    };
    const deadlines = new Deadlines(stalled);
    let expired = false;
    const waiting = entry(10, () => {
      expired = true;
    });
    deadlines.add(waiting);
    await clock.advance(100);
    deadlines.delete(waiting);
    for (const read of reads) read();
    assert.equal(expired, false);
  });

  test("100,000 calls that settle in time leave nothing behind and set hardly a timer", () => {
    const { watched, kept } = watchedClock();
    const deadlines = new Deadlines(watched);
    const entries = Array.from({ length: 100_000 }, (_, number) => entry(10_000 + (number % 100)));
    for (const one of entries) deadlines.add(one);
    assert.equal(deadlines.size, 100_000);
    const random = seededRandom(3);
    for (let index = entries.length - 1; index > 0; index--) {
      const other = Math.floor(random() * (index + 1));
      [entries[index], entries[other]] = [entries[other]!, entries[index]!];
    }
    for (const one of entries) deadlines.delete(one);
    assert.equal(deadlines.size, 0);
    assert.ok(kept.set <= 2, `${kept.set} timers`);
    assert.equal(kept.alive, 0);
    assert.ok(entries.every(({ place }) => place === -1));
  });

  test("the timer keeps the process alive while somebody waits, and only then", async () => {
    const { clock, watched, kept } = watchedClock();
    const deadlines = new Deadlines(watched);
    const [first, second] = [entry(100), entry(50)];
    deadlines.add(first);
    assert.equal(kept.alive, 1);
    deadlines.add(second);
    assert.equal(kept.alive, 1);
    deadlines.delete(second);
    deadlines.delete(first);
    assert.equal(kept.alive, 0);
    deadlines.add(first);
    assert.equal(kept.alive, 1);
    await clock.advance(60);
    assert.equal(kept.alive, 1, "after a look that found nothing");
    await clock.advance(60);
    assert.equal(kept.alive, 0);
    assert.equal(deadlines.size, 0);
  });

  test("one beyond what a timer can hold does not expire at once, and one that is for ever sets no timer", async () => {
    const clock = createManualClock();
    const deadlines = new Deadlines(clock);
    let expired = 0;
    deadlines.add(entry(Number.POSITIVE_INFINITY, () => void expired++));
    assert.equal(clock.timers, 0);
    const far = entry(2 ** 31 + 100, () => void expired++);
    deadlines.add(far);
    await clock.advance(2 ** 31 - 1);
    assert.equal(expired, 0);
    await clock.advance(106);
    assert.equal(expired, 1);
    assert.equal(deadlines.size, 1);
  });

  test("one that is moved nearer expires then, and one that was taken out does not", async () => {
    const clock = createManualClock();
    const deadlines = new Deadlines(clock);
    const expired: number[] = [];
    const moved = { ...entry(10_000, () => void expired.push(clock.now())), deadline: 10_000 };
    const out = { ...entry(10_000, () => void expired.push(-1)), deadline: 10_000 };
    for (const each of [moved, out]) deadlines.add(each);
    deadlines.delete(out);
    for (const each of [moved, out]) {
      each.deadline = 100;
      deadlines.renew(each);
    }
    await clock.advance(99);
    assert.deepEqual(expired, []);
    await clock.advance(6);
    assert.equal(expired.length, 1);
    assert.ok(expired[0]! >= 100 && expired[0]! <= 105, `at ${expired[0]}`);
  });

  test("a clock has one table", () => {
    const [one, other] = [createManualClock(), createManualClock()];
    assert.equal(deadlinesOf(one), deadlinesOf(one));
    assert.notEqual(deadlinesOf(one), deadlinesOf(other));
  });
});
