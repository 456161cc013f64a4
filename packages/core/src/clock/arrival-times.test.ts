import assert from "node:assert/strict";
import test from "node:test";
import type { Clock } from "../contract/clock.js";
import { ArrivalTimes } from "./arrival-times.js";

const fullRead = 65_536;

/** A process whose loop goes round when the test says so. */
function loop() {
  let now = 1_000;
  const reads: (() => void)[] = [];
  const timers: { at: number; run: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    atEndOfTurn: () => {},
    afterReads: (run) => void reads.push(run),
    setTimer(run, delayMs) {
      timers.push({ at: now + delayMs, run });
      return { cancel: () => {}, ref: () => {}, unref: () => {} };
    },
  };
  const turn = (read: () => void = () => {}): void => {
    for (const due of timers.filter(({ at }) => at <= now)) {
      timers.splice(timers.indexOf(due), 1);
      due.run();
    }
    read();
    for (const run of reads.splice(0)) run();
  };
  return {
    clock,
    turn,
    now: () => now,
    /** The loop goes round for so long, a millisecond a turn. */
    idle(ms: number): void {
      for (const until = now + ms; now < until; now++) turn();
    },
    /** Something holds the loop up. */
    stall(ms: number): void {
      now += ms;
    },
  };
}

test("what is read while the loop goes round has arrived just now, however long nothing came", () => {
  const { clock, turn, now, idle } = loop();
  const times = new ArrivalTimes(clock);
  for (const ms of [1, 5, 20, 900, 200]) {
    idle(ms);
    turn(() => assert.equal(times.read(now(), 100), now()));
  }
});

test("what was held up by a stall counts from its start, on every connection, until all of it has been read", () => {
  const { clock, turn, now, idle, stall } = loop();
  const [one, other] = [new ArrivalTimes(clock), new ArrivalTimes(clock)];
  turn(() => one.read(now(), 100));
  idle(50);
  const before = now();
  stall(30_000);
  turn(() => {
    for (const times of [one, other]) {
      const arrivedAt = times.read(now(), 100);
      assert.ok(arrivedAt >= before - 20 && arrivedAt <= before, `${arrivedAt}, and the stall began at ${before}`);
    }
  });
  turn(() => assert.equal(one.read(now(), 100), now()));
});

test("a stall that only the regular look has noticed is one all the same: timers come before reads", () => {
  const { clock, turn, now, idle, stall } = loop();
  const times = new ArrivalTimes(clock);
  times.look(now());
  idle(200);
  const before = now();
  stall(5_000);
  turn(() => {
    const arrivedAt = times.read(now(), 100);
    times.look(now());
    assert.ok(arrivedAt <= before);
  });
});

test("a stall that falls between the reading and the look is one for what is read next", () => {
  const { clock, turn, now, idle, stall } = loop();
  const times = new ArrivalTimes(clock);
  turn(() => times.read(now(), 100));
  idle(30);
  const before = now();
  stall(1_000);
  times.look(now());
  turn(() => assert.ok(times.read(now(), 100) <= before));
  turn(() => assert.equal(times.read(now(), 100), now()));
});

test("a stall right behind another, before the loop has gone round, is one for what is read next", () => {
  const { clock, turn, now, idle, stall } = loop();
  const times = new ArrivalTimes(clock);
  turn(() => times.read(now(), 100));
  idle(30);
  stall(100);
  const before = now();
  turn(() => {
    times.read(now(), 100);
    stall(1_000);
  });
  turn(() => assert.equal(times.read(now(), 100), before));
  turn(() => assert.equal(times.read(now(), 100), now()));
});

test("what a full read left behind counts with it, and later reads do not", () => {
  const { clock, turn, now, idle, stall } = loop();
  const times = new ArrivalTimes(clock);
  turn(() => times.read(now(), 100));
  idle(3);
  const first = now();
  turn(() => assert.equal(times.read(first, fullRead), first));
  stall(2);
  turn(() => assert.equal(times.read(now(), 100), first));
  idle(1);
  turn(() => assert.equal(times.read(now(), 100), now()));
});

test("what waited in the peer's kernel behind a full read after a stall counts from the stall too", () => {
  const { clock, turn, now, idle, stall } = loop();
  const times = new ArrivalTimes(clock);
  turn(() => times.read(now(), 100));
  idle(20);
  const before = now();
  stall(1_000);
  turn(() => times.read(now(), fullRead));
  for (let piece = 0; piece < 5; piece++) {
    turn();
    turn(() => assert.ok(times.read(now(), 9_000) <= before));
  }
  for (let quiet = 0; quiet < 30; quiet++) turn();
  turn(() => assert.equal(times.read(now(), 100), now()));
});

test("a connection that is never read empty, since its peer sends without a pause, is not dated back to the beginning", () => {
  const { clock, turn, now, idle, stall } = loop();
  const times = new ArrivalTimes(clock);
  turn(() => times.read(now(), 100));
  idle(20);
  let earliest = 0;
  // 64 MiB a second for ten seconds.
  for (let read = 0; read < 10_240; read++) {
    stall(1_000 / 1_024);
    turn(() => {
      earliest = Math.max(earliest, now() - times.read(now(), fullRead));
    });
  }
  assert.ok(earliest > 200, `${earliest} ms: what the kernels may have held counts`);
  assert.ok(earliest <= 600, `${earliest} ms before it was read`);
});
