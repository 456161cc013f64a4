import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { madeUpCall } from "../ambient/made-up-call.fixture.js";
import { RpcError } from "../contract/errors.js";
import { WaitRoom } from "./wait-room.js";

const refusal = (reason: string): RpcError => new RpcError("unavailable", "made up", { reason, processed: "no" });

const reasonOf = (waiting: Promise<unknown>): Promise<unknown> =>
  waiting.then(
    (answer) => answer,
    (thrown: RpcError) => thrown.reason,
  );

describe("the room where calls wait for an endpoint", () => {
  test("sends them on their way in the order in which they came", async () => {
    const room = new WaitRoom({ sendQueueEntries: 10, sendQueueWaiters: 1 });
    const order: unknown[] = [];
    const answers = [1, 2, 3].map((number) => room.wait(madeUpCall(number)));
    room.release(async ({ input }) => {
      order.push(input[0]);
      return input[0];
    });
    assert.deepEqual(await Promise.all(answers), [1, 2, 3]);
    assert.deepEqual(order, [1, 2, 3]);
    assert.equal(room.size, 0);
  });

  test("is full at its limit and not before: the oldest makes room, and is told by which option", async () => {
    const room = new WaitRoom({ sendQueueEntries: 2, sendQueueWaiters: 1 });
    const [first, second] = [reasonOf(room.wait(madeUpCall(1))), reasonOf(room.wait(madeUpCall(2)))];
    assert.equal(room.size, 2);
    const evicted = room.wait(madeUpCall(3)).catch(() => {});
    assert.equal(await first, "QUEUE_EVICTED");
    assert.equal(room.size, 2);
    room.fail(() => refusal("OVER"));
    assert.equal(await second, "OVER");
    await evicted;
    const full = new WaitRoom({ sendQueueEntries: 1, sendQueueWaiters: 1 });
    const oldest = full.wait(madeUpCall());
    void full.wait(madeUpCall()).catch(() => {});
    await assert.rejects(oldest, (thrown: RpcError) => {
      assert.deepEqual([thrown.code, thrown.processed], ["resource_exhausted", "no"]);
      assert.match(thrown.message, /more than 1 calls.*limits\.sendQueueEntries/);
      return true;
    });
    full.fail(() => refusal("OVER"));
  });

  test("a caller that gives up leaves at once, and certainly nothing ran", async () => {
    const room = new WaitRoom({ sendQueueEntries: 10, sendQueueWaiters: 1 });
    const call = madeUpCall();
    const outcome = reasonOf(room.wait(call));
    assert.equal(call.carrier?.giveUp(refusal("GONE"), call), "no");
    assert.equal(room.size, 0);
    assert.equal(await outcome, "GONE");
    room.release(() => assert.fail("it was sent"));
  });

  test("each is failed in its own words", async () => {
    const room = new WaitRoom({ sendQueueEntries: 10, sendQueueWaiters: 1 });
    const outcomes = [1, 2].map((number) => reasonOf(room.wait(madeUpCall(number))));
    room.fail(({ input }) => refusal(`R${input[0]}`));
    assert.deepEqual(await Promise.all(outcomes), ["R1", "R2"]);
    assert.equal(room.size, 0);
  });

  test("one that waits again while the others are sent waits for the next time", async () => {
    const room = new WaitRoom({ sendQueueEntries: 10, sendQueueWaiters: 1 });
    let sent = 0;
    const answer = room.wait(madeUpCall());
    room.release((call) => {
      sent++;
      return room.wait(call);
    });
    assert.deepEqual([sent, room.size], [1, 1]);
    room.release(async () => "answer");
    assert.equal(await answer, "answer");
  });
});
