import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, test } from "node:test";
import { setImmediate as immediate, setTimeout as pause } from "node:timers/promises";
import type { Call } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import { ambientCall, currentCall, detached, runInCall } from "./ambient.js";
import { madeUpCall } from "./made-up-call.fixture.js";

/** A promise and what resolves it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

function noCall(message: RegExp): (thrown: unknown) => boolean {
  return (thrown) =>
    thrown instanceof RpcError &&
    thrown.code === "failed_precondition" &&
    thrown.reason === "NO_CURRENT_CALL" &&
    message.test(thrown.message);
}

describe("the current call", () => {
  test("100,000 calls whose handlers take turns each read their own, and none of them another's afterwards", async () => {
    const count = 100_000;
    let running = 0;
    let most = 0;
    const leftovers: Promise<Call | undefined>[] = [];
    const over = gate();
    const handler = async (call: Call): Promise<number> => {
      most = Math.max(most, ++running);
      const number = call.input[0] as number;
      assert.equal(currentCall(), call);
      if (number % 100 === 0) leftovers.push(over.opened.then(() => ambientCall()));
      for (let step = 0; step < 3; step++) {
        if ((number + step) % 4 === 0) await immediate();
        else if ((number + step) % 40 === 1) await pause(number % 3);
        else await undefined;
        assert.equal(currentCall(), call);
      }
      running--;
      return number;
    };
    const numbers = await Promise.all(
      Array.from({ length: count }, (_, number) => runInCall(madeUpCall(number), handler)),
    );
    assert.ok(most > 50_000, `${most} handlers ran at a time`);
    assert.ok(numbers.every((number, index) => number === index));
    over.open();
    const read = await Promise.all(leftovers);
    assert.equal(read.length, count / 100);
    assert.ok(read.every((call) => call === undefined));
    assert.equal(ambientCall(), undefined);
  });

  test("is read in whatever a handler begins, by whatever road it comes back", async () => {
    const call = madeUpCall();
    const emitter = new EventEmitter();
    await runInCall(call, async () => {
      const roads: ((done: () => void) => void)[] = [
        (done) => setTimeout(done, 1),
        (done) => setImmediate(done),
        (done) => process.nextTick(done),
        (done) => queueMicrotask(done),
        (done) => void Promise.reject(new Error("no matter")).catch(done),
        (done) => void emitter.once("event", done).emit("event"),
        (done) => {
          const interval = setInterval(() => {
            clearInterval(interval);
            done();
          }, 1);
        },
      ];
      for (const road of roads) {
        const read = await new Promise((resolve) => road(() => resolve(ambientCall())));
        assert.equal(read, call, `lost by ${road}`);
      }
    });
  });

  const ends: Record<string, (open: Promise<void>) => Promise<unknown>> = {
    answers: (open) => open.then(() => "answer"),
    rejects: (open) => open.then(() => Promise.reject(new Error("rejected"))),
  };
  for (const [ending, end] of Object.entries(ends)) {
    test(`what a handler leaves behind reads no call once it ${ending}`, async () => {
      const done = gate();
      const later = gate();
      let leftover!: Promise<unknown>;
      let ticks = 0;
      let ticked: Call | undefined;
      let interval!: NodeJS.Timeout;
      const answer = runInCall(madeUpCall(), (call) => {
        leftover = later.opened.then(() => assert.throws(() => currentCall(), noCall(/settled/)));
        interval = setInterval(() => {
          ticks++;
          ticked = ambientCall();
          if (ticks === 1) {
            assert.equal(ticked, call);
            done.open();
          }
        }, 1);
        return end(done.opened);
      });
      const [settled] = await Promise.allSettled([answer]);
      assert.equal(settled.status, ending === "answers" ? "fulfilled" : "rejected");
      const before = ticks;
      while (ticks === before) await immediate();
      clearInterval(interval);
      assert.equal(ticked, undefined);
      later.open();
      await leftover;
    });
  }

  test("an interceptor that throws at once ends it too, and its error arrives", async () => {
    let leftover!: Promise<unknown>;
    const thrown = new Error("at once");
    assert.throws(
      () =>
        runInCall(madeUpCall(), () => {
          leftover = immediate().then(() => ambientCall());
          throw thrown;
        }),
      thrown,
    );
    assert.equal(await leftover, undefined);
    assert.equal(ambientCall(), undefined);
  });

  test("answers and errors arrive as they are", async () => {
    const answer = { same: true };
    const thrown = Object.freeze(new RpcError("aborted", "as it is"));
    assert.equal(await runInCall(madeUpCall(), () => Promise.resolve(answer)), answer);
    await assert.rejects(
      runInCall(madeUpCall(), () => Promise.reject(thrown)),
      (error) => error === thrown,
    );
    await assert.rejects(
      runInCall(madeUpCall(), () => Promise.reject(undefined)),
      (error) => error === undefined,
    );
  });

  test("a call within a call has its own, and gives the outer one back", async () => {
    const [outer, inner] = [madeUpCall("outer"), madeUpCall("inner")];
    const later = gate();
    let leftover!: Promise<Call | undefined>;
    await runInCall(outer, async () => {
      const answer = runInCall(inner, async () => {
        leftover = later.opened.then(() => ambientCall());
        await immediate();
        return ambientCall();
      });
      assert.equal(ambientCall(), outer, "as soon as the inner handler waits");
      assert.equal(await answer, inner);
      assert.equal(ambientCall(), outer);
      later.open();
      assert.equal(await leftover, undefined, "what the inner one left behind is not the outer one's");
    });
  });

  test("two handlers that wait for the same promise keep to themselves", async () => {
    const shared = gate();
    const calls = [madeUpCall(1), madeUpCall(2)];
    const answers = calls.map((call) => runInCall(call, () => shared.opened.then(() => ambientCall())));
    shared.open();
    assert.deepEqual(
      (await Promise.all(answers)).map((read, index) => read === calls[index]),
      [true, true],
    );
  });
});

describe("detached", () => {
  test("what runs there, and what begins there, belongs to no call while the handler goes on", async () => {
    const call = madeUpCall();
    await runInCall(call, async () => {
      const begun = detached(() => {
        assert.throws(() => currentCall(), noCall(/detached/));
        return immediate().then(() => ambientCall());
      });
      assert.equal(ambientCall(), call);
      assert.equal(await begun, undefined);
      assert.equal(ambientCall(), call);
    });
  });

  test("a timer shared by many calls does not belong to the one that set it", async () => {
    await runInCall(madeUpCall(), async () => {
      let fired = 0;
      const owners: (Call | undefined)[] = [];
      const both = gate();
      const timer = detached(() =>
        setInterval(() => {
          owners.push(ambientCall());
          if (++fired === 2) both.open();
        }, 1),
      );
      await both.opened;
      clearInterval(timer);
      assert.deepEqual(owners, [undefined, undefined]);
    });
  });

  test("returns and throws what its function does, and is no different outside of a handler", () => {
    const thrown = new Error("thrown");
    assert.equal(
      detached(() => 1),
      1,
    );
    assert.throws(
      () =>
        detached(() => {
          throw thrown;
        }),
      thrown,
    );
    assert.equal(
      detached(() => ambientCall()),
      undefined,
    );
  });

  test("a call that begins there has its own current call", async () => {
    const [outer, inner] = [madeUpCall("outer"), madeUpCall("inner")];
    await runInCall(outer, async () => {
      const read = await detached(() => runInCall(inner, async () => ambientCall()));
      assert.equal(read, inner);
    });
  });
});

describe("where ambient context was never switched on", () => {
  test("there is no current call, the error says how to switch it on, and detached just runs", async () => {
    // A module of its own, which no other test has made its storage in.
    const off = (await import(`./ambient.js?${import.meta.url}`)) as typeof import("./ambient.js");
    assert.equal(off.ambientCall(), undefined);
    assert.equal(
      off.detached(() => 1),
      1,
    );
    // That module has an RpcError of this one's: contract is the same.
    assert.throws(() => off.currentCall(), noCall(/createApp.*ambient: true/));
    await runInCall(madeUpCall(), async () => assert.equal(off.ambientCall(), undefined));
  });
});
