import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Asked, methods, queueing } from "./start-queue.fixture.js";

const many = (count: number, more: Partial<Asked> = {}, first = 0): Asked[] =>
  Array.from({ length: count }, (_, n) => ({ name: `${first + n}`, ...more }));

describe("while the server is healthy", () => {
  test("calls are started in order, for five milliseconds a turn", async () => {
    const { source, read, turn, log } = queueing(1);
    await read(source(), ...many(20));
    assert.ok(log.length >= 5 && log.length <= 7, `${log.length} in the first turn`);
    const before = log.length;
    await turn();
    assert.ok(log.length - before >= 4 && log.length - before <= 6, `${log.length - before} in the second`);
    for (let more = 0; more < 4; more++) await turn();
    assert.deepEqual(
      log,
      many(20).map(({ name }) => name),
    );
  });

  test("a thousand short calls at once are no overload: all are run, none is turned away", async () => {
    const { source, read, turn, log, queue } = queueing(0.2);
    await read(source(), ...many(1_000));
    for (let turns = 0; turns < 60; turns++) await turn();
    assert.equal(log.length, 1_000);
    assert.equal(queue.refused, 0);
    assert.equal(new Set(log).size, 1_000);
  });

  test("connections take turns: one that floods waits for itself", async () => {
    const { source, read, turn, log } = queueing(1);
    await read(source(), ...many(100));
    await read(source(), { name: "polite" });
    for (let turns = 0; turns < 2; turns++) await turn();
    assert.ok(log.includes("polite"), log.join());
  });

  test("higher priorities go first", async () => {
    const { source, read, turn, log } = queueing(1);
    const from = source();
    await read(from, ...many(10));
    const begun = log.length;
    await read(from, { name: "s", priority: "sheddable" }, { name: "n" }, { name: "c", priority: "critical" });
    for (let turns = 0; turns < 4; turns++) await turn();
    assert.equal(log[begun], "c");
    assert.equal(log.at(-1), "s");
    assert.equal(log.length, 13);
  });

  test("what expired is not run, wherever it waited", async () => {
    const { source, read, turn, log, pass } = queueing(1);
    const from = source();
    await read(from, { name: "in the kernel", at: -20, timeoutMs: 20 });
    await read(from, ...many(10, { timeoutMs: 3 }), { name: "last" });
    await pass(5);
    await turn();
    assert.equal(log[0], "in the kernel expired");
    assert.equal(
      log.filter((name) => /^\d+ expired$/.test(name)).length,
      10 - log.filter((n) => /^\d+$/.test(n)).length,
    );
    assert.ok(log.includes("9 expired") && log.includes("last"));
  });
});

/** Lets more come than can be run, for a while. */
async function overload(ground: ReturnType<typeof queueing>, turns: number, timeoutMs: number): Promise<void> {
  const from = ground.source();
  for (let turn = 0; turn < turns; turn++) {
    await ground.read(from, ...many(25, { timeoutMs }, turn * 25));
    await ground.turn();
  }
}

describe("while a queue stands", () => {
  test("the newest go first, nobody waits longer than a tenth of its timeout, and who is turned away is told when to come again", async () => {
    const ground = queueing(1);
    await overload(ground, 200, 1_000);
    const run = ground.log.filter((name) => /^\d+$/.test(name));
    const away = ground.log.filter((name) => name.includes(" "));
    assert.ok(away.length > 3_000, `${away.length} turned away`);
    assert.ok(away.every((name) => / OVERLOADED true$/.test(name)));
    assert.ok(run.length > ground.now() * 0.95, "the server was busy all the time");
    const late = ground.waits.slice(300);
    assert.ok(Math.max(...late) <= 20, `${Math.max(...late)} ms is the longest wait of one that was run`);
    assert.ok(Math.max(...ground.waits) <= 200);
  });

  test("the oldest goes first again as soon as no queue stands", async () => {
    const ground = queueing(1);
    await overload(ground, 60, 1_000);
    for (let turn = 0; turn < 20; turn++) await ground.pass(10);
    await ground.read(ground.source(), { name: "a" });
    await ground.pass(110);
    const from = ground.source();
    const begun = ground.log.length;
    await ground.read(from, ...many(12, {}, 10_000));
    for (let turn = 0; turn < 4; turn++) await ground.turn();
    assert.deepEqual(
      ground.log.slice(begun),
      many(12, {}, 10_000).map(({ name }) => name),
    );
  });

  test("what is critical is run, and what is sheddable goes first", async () => {
    const ground = queueing(1);
    const from = ground.source();
    for (let turn = 0; turn < 100; turn++) {
      const timeoutMs = 1_000;
      await ground.read(
        from,
        { name: `c${turn}`, priority: "critical", timeoutMs },
        ...many(10, { priority: "sheddable", timeoutMs }, turn * 10),
        { name: `n${turn}`, timeoutMs },
      );
      await ground.turn();
    }
    const run = (what: RegExp): number => ground.log.filter((name) => what.test(name)).length;
    assert.equal(run(/^c\d+ /), 0);
    assert.ok(run(/^c\d+$/) >= 99);
    assert.ok(run(/^n\d+$/) >= 90, `${run(/^n\d+$/)} of 100 normal ones`);
    assert.ok(run(/^\d+ OVERLOADED/) > 300);
  });

  test("who floods is turned away, who does not is run", async () => {
    const ground = queueing(1);
    const [flood, polite] = [ground.source(), ground.source()];
    for (let turn = 0; turn < 200; turn++) {
      await ground.read(flood, ...many(50, { timeoutMs: 1_000 }, turn * 50));
      if (turn % 4 === 0) await ground.read(polite, { name: `polite ${turn}`, timeoutMs: 1_000 });
      await ground.turn();
    }
    await ground.turn();
    const polites = ground.log.filter((name) => name.startsWith("polite"));
    assert.equal(polites.filter((name) => name.includes("OVERLOADED")).length, 0);
    assert.ok(polites.length >= 49);
  });
});

describe("bounds", () => {
  test("handlers above the limit wait and are started when others settle; a place is taken until then", async () => {
    const ground = queueing(0, { handlersRunning: 2 });
    await ground.read(ground.source(false), ...many(5));
    assert.deepEqual(ground.log, ["0", "1"]);
    assert.equal(ground.queue.running, 2);
    ground.settle();
    await ground.turn();
    assert.deepEqual(ground.log, ["0", "1", "2", "3"]);
  });

  test("a method's own limit holds up that method alone, and says so", async () => {
    const ground = queueing(0);
    const from = ground.source(false);
    const { limited } = methods;
    const timeoutMs = 2_000;
    await ground.read(from, ...many(3, { method: limited, timeoutMs }), { name: "other" });
    assert.deepEqual(ground.log, ["0", "other"]);
    for (let turn = 0; turn < 40; turn++) await ground.pass(10);
    assert.deepEqual(ground.log.slice(2).sort(), ["1 CONCURRENCY_LIMIT true", "2 CONCURRENCY_LIMIT true"]);
    ground.settle();
    await ground.read(from, { name: "next", method: limited });
    assert.equal(ground.log.at(-1), "next");
  });

  test("no more wait than may: the newest of the lowest priority of who waits with most gives way", async () => {
    const ground = queueing(0, { handlersRunning: 1, waitQueueEntries: 4 });
    const [flood, other] = [ground.source(false), ground.source(false)];
    await ground.read(flood, { name: "runs" }, ...many(5));
    assert.deepEqual(ground.log, ["runs", "4 WAIT_QUEUE_FULL true"]);
    await ground.read(other, { name: "other" });
    assert.deepEqual(ground.log.slice(2), ["3 WAIT_QUEUE_FULL true"]);
    await ground.read(flood, { name: "c", priority: "critical" }, { name: "s", priority: "sheddable" });
    assert.deepEqual(ground.log.slice(3), ["2 WAIT_QUEUE_FULL true", "s WAIT_QUEUE_FULL true"]);
    assert.equal(ground.queue.waiting, 4);
  });

  test("their bytes are bounded too", async () => {
    const ground = queueing(0, { handlersRunning: 1, waitQueueBytes: 100 });
    await ground.read(ground.source(false), { name: "runs" }, { name: "a", bytes: 100 }, { name: "b", bytes: 1 });
    assert.deepEqual(ground.log, ["runs", "b WAIT_QUEUE_FULL true"]);
    assert.equal(ground.queue.waitingBytes, 100);
  });

  test("who takes no answers is not started, holds up nobody, and goes on when it does again", async () => {
    const ground = queueing(0);
    const [slow, other] = [ground.source(), ground.source()];
    slow.blocked = true;
    await ground.read(slow, { name: "slow" });
    await ground.read(other, { name: "other" });
    await ground.turn();
    assert.deepEqual(ground.log, ["other"]);
    slow.blocked = false;
    ground.queue.unblock(slow);
    await ground.turn();
    assert.deepEqual(ground.log, ["other", "slow"]);
  });

  test("what is taken out while it waits leaves nothing behind", async () => {
    const ground = queueing(0, { handlersRunning: 1 });
    const from = ground.source(false);
    const [, first] = await ground.read(from, { name: "runs" }, ...many(3));
    ground.queue.remove(first!.waiting!);
    const removed: unknown[] = [];
    ground.queue.removeAll(from, (call) => removed.push(call));
    assert.equal(removed.length, 2);
    assert.deepEqual([ground.queue.waiting, ground.queue.waitingBytes], [0, 0]);
    ground.settle();
    await ground.turn();
    assert.deepEqual(ground.log, ["runs"]);
  });
});
