import assert from "node:assert/strict";
import test from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { deadlinesOf } from "../clock/deadlines.js";
import type { Call } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import { type Answering, service, sessionPair } from "./session-pair.fixture.js";

const echo: Answering = async ({ input: [value] }) => value;

const gone = (): RpcError => new RpcError("unavailable", "the test ends", { reason: "TEST", processed: "maybe" });

/** Settles to what a call came to. */
const outcomeOf = (answer: Promise<unknown>): Promise<{ value: unknown } | { error: RpcError }> =>
  answer.then(
    (value) => ({ value }),
    (error: RpcError) => ({ error }),
  );

test("either end may call the other at the same time, under the same ids, and each gets its own answers", async () => {
  const { dialler, acceptor } = await sessionPair({
    dialler: async ({ input: [n] }) => `dialler says ${n}`,
    acceptor: async ({ input: [n] }) => `acceptor says ${n}`,
  });
  const calls = Array.from({ length: 50 }, (_, n) => [dialler.call([n]).answer, acceptor.call([n]).answer] as const);
  for (const [n, [up, down]] of calls.entries()) {
    assert.equal(await up, `acceptor says ${n}`);
    assert.equal(await down, `dialler says ${n}`);
  }
  dialler.session.close(gone());
});

test("whatever both ends call, however large and in whatever order it is answered: each call settles once, with its own answer", async () => {
  const step = fc.record({
    from: fc.constantFrom("dialler", "acceptor"),
    size: fc.oneof(fc.nat(100), fc.nat(20_000), fc.nat(200_000)),
    turns: fc.nat(4),
    giveUp: fc.boolean(),
    pause: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      const slowEcho: Answering = async ({ input: [value, turns] }) => {
        for (let left = turns as number; left > 0; left--) await turn();
        return value;
      };
      const ends = await sessionPair({ dialler: slowEcho, acceptor: slowEcho }, { partialBytes: 300_000, inFlight: 4 });
      const gaveUp = steps.some(({ giveUp }) => giveUp);
      const outcomes = [];
      for (const [n, { from, size, turns, giveUp, pause }] of steps.entries()) {
        const value = `${n}:${"x".repeat(size)}`;
        const { call, answer } = ends[from as "dialler" | "acceptor"].call([value, turns]);
        const outcome = outcomeOf(answer);
        if (pause) await turn();
        if (giveUp) call.carrier?.giveUp(new RpcError("cancelled", "given up", { processed: "no" }), call);
        outcomes.push({ outcome, value, giveUp });
      }
      for (const { outcome, value, giveUp } of outcomes) {
        const came = await outcome;
        if ("value" in came) assert.equal(came.value, value);
        // The place of a call that was given up stays taken until its handler has settled.
        else if (came.error.reason === "IN_FLIGHT_LIMIT")
          assert.deepEqual([came.error.processed, gaveUp], ["no", true]);
        else assert.deepEqual([came.error.code, giveUp], ["cancelled", true]);
      }
      // What was given up leaves nothing behind that would be waited for.
      await ends.clock.advance(11_000);
      assert.equal(ends.dialler.session.state, "ready");
      assert.equal(ends.dialler.session.pending + ends.acceptor.session.pending, 0);
      ends.dialler.session.close(gone());
      await ends.clock.settle();
    }),
    { numRuns: 60 },
  );
});

test("in a thousand drains among ten calls each no answer is lost, and what is said not to have run did not", async () => {
  for (let round = 0; round < 1_000; round++) {
    const ran = new Set<unknown>();
    const { clock, dialler, acceptor } = await sessionPair({
      acceptor: async ({ input: [n, turns] }) => {
        ran.add(n);
        for (let left = turns as number; left > 0; left--) await null;
        return n;
      },
    });
    const outcomes: Promise<void>[] = [];
    const callAll = async (): Promise<void> => {
      for (let n = 0; n < 10; n++) {
        for (let turns = (round * 3 + n) % 5; turns > 0; turns--) await null;
        if ((round + n) % 4 === 0) await new Promise<void>((resolve) => process.nextTick(resolve));
        outcomes.push(
          outcomeOf(dialler.call([n, (round + n) % 7]).answer).then((came) => {
            if ("value" in came) assert.equal(came.value, n);
            else assert.deepEqual([came.error.code, came.error.processed, ran.has(n)], ["unavailable", "no", false]);
          }),
        );
      }
    };
    const calling = callAll();
    for (let turns = round % 53; turns > 0; turns--) await null;
    if (round % 3 === 0) await turn();
    const drained = acceptor.session.drain();
    await calling;
    await Promise.all(outcomes);
    await clock.settle();
    await drained;
    assert.equal(outcomes.length, 10);
    assert.deepEqual([dialler.closed.length, acceptor.closed.length], [1, 1]);
    assert.equal(dialler.session.state, "closed");
  }
});

test("a drain of one end waits for what it asked and for what it was asked", async () => {
  for (const drains of ["dialler", "acceptor"] as const) {
    const release: (() => void)[] = [];
    const slow: Answering = () => new Promise((resolve) => release.push(() => resolve("done")));
    const pair = await sessionPair({ dialler: slow, acceptor: slow });
    const answers = [pair.dialler.call([1]).answer, pair.acceptor.call([2]).answer];
    await pair.clock.settle();
    let drained = false;
    const draining = pair[drains].session.drain().then(() => {
      drained = true;
    });
    await pair.clock.advance(1_500);
    assert.equal(drained, false, `${drains} has calls under way`);
    release[0]!();
    await pair.clock.settle();
    assert.equal(drained, false);
    release[1]!();
    assert.deepEqual(await Promise.all(answers), ["done", "done"]);
    await pair.clock.advance(1_500);
    await draining;
  }
});

test("both ends may drain at once, and each may be asked to twice", async () => {
  const { clock, dialler, acceptor } = await sessionPair({ acceptor: echo });
  const answer = dialler.call(["last"]).answer;
  const drains = [dialler, acceptor, dialler, acceptor].map(({ session }) => session.drain());
  assert.equal(await answer, "last");
  await clock.advance(2_500);
  await Promise.all(drains);
  await dialler.session.drain();
  assert.deepEqual([dialler.closed.length, acceptor.closed.length], [1, 1]);
});

test("a session that takes no more calls says so, and that nothing ran", async () => {
  const { clock, dialler, acceptor } = await sessionPair({ acceptor: echo });
  const draining = acceptor.session.drain();
  await clock.settle();
  assert.equal(dialler.retired, 1);
  await assert.rejects(dialler.call([1]).answer, { code: "unavailable", processed: "no" });
  await draining;
  await assert.rejects(dialler.call([1]).answer, { reason: "CONNECTION_LOST", processed: "no" });
  await assert.rejects(dialler.session.open(service));
});

test("closing settles every call on both ends, and tells each owner once, however often it is done", async () => {
  const hang: Answering = () => new Promise(() => {});
  const { clock, dialler, acceptor } = await sessionPair({ dialler: hang, acceptor: hang });
  const outcomes = [dialler, acceptor].flatMap((end) => [
    outcomeOf(end.call([1]).answer),
    outcomeOf(end.call([2]).answer),
  ]);
  await clock.settle();
  const signals = { dialler: dialler.session.pending, acceptor: acceptor.session.pending };
  assert.deepEqual(signals, { dialler: 4, acceptor: 4 });
  dialler.session.close(gone());
  dialler.session.close(gone());
  await clock.settle();
  for (const outcome of await Promise.all(outcomes)) {
    assert.ok("error" in outcome);
    assert.deepEqual([outcome.error.reason, outcome.error.processed], ["TEST", "maybe"]);
  }
  assert.deepEqual([dialler.closed.length, acceptor.closed.length], [1, 1]);
  assert.equal(acceptor.closed[0]?.reason, "TEST", "the other end was told why");
  assert.equal(dialler.session.pending + acceptor.session.pending, 0);
});

test("a connection that has ended leaves no timer behind", async () => {
  for (const how of ["close", "drain"] as const) {
    const { clock, dialler, acceptor } = await sessionPair({ acceptor: echo });
    await dialler.call(["x"]).answer;
    if (how === "close") acceptor.session.close(gone());
    else void acceptor.session.drain();
    await clock.advance(70_000);
    assert.equal(acceptor.session.state, "closed");
    assert.equal(dialler.session.state, "closed");
    assert.equal(clock.timers, 0, how);
  }
});

test("an answer that is encoded while a getter of it makes a call on the same connection is whole, and so is the call", async () => {
  const pair = await sessionPair({
    dialler: echo,
    acceptor: async () => ({
      before: "x".repeat(70_000),
      get inner() {
        inner = pair.acceptor.call(["from within"]).answer;
        return "looked";
      },
      after: "after",
    }),
  });
  let inner: Promise<unknown> = Promise.resolve();
  const answer = (await pair.dialler.call([1]).answer) as { before: string; inner: string; after: string };
  assert.deepEqual([answer.before.length, answer.inner, answer.after], [70_000, "looked", "after"]);
  assert.equal(await inner, "from within");
  pair.dialler.session.close(gone());
});

test("an unanswered ping ends a silent connection, and one that is busy both ways is not pinged at all", async () => {
  const { clock, dialler, acceptor } = await sessionPair({ acceptor: echo });
  for (let second = 0; second < 60; second++) {
    assert.equal(await dialler.call([second]).answer, second);
    await clock.advance(1_000);
  }
  assert.equal(dialler.session.state, "ready");
  await clock.advance(120_000);
  assert.equal(dialler.session.state, "ready", "idle, and alive");
  assert.equal(acceptor.session.state, "ready");
  dialler.session.close(gone());
});

test("the signal of a call that is over leaves no deadline behind, which would keep the process alive", async () => {
  let kept: Call | undefined;
  const keeping: Answering = async (call) => {
    kept = call;
    return "answer";
  };
  const { clock, dialler } = await sessionPair({ acceptor: keeping });
  assert.equal(await dialler.call([]).answer, "answer");
  // As work does that goes on behind the answer.
  assert.equal(kept?.signal?.aborted, false);
  assert.equal(deadlinesOf(clock).size, 0);
  dialler.session.close(gone());
});
