import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deadlinesOf } from "../clock/deadlines.js";
import { type Account, noMetadata } from "../contract/call.js";
import { createManualClock } from "../testing/manual-clock.js";
import { noOptions } from "./call-options.js";
import { ClientCall } from "./client-call.js";
import { ShopService, simulation } from "./simulation.fixture.js";
import { Terms } from "./terms.js";

const method = ShopService.methods[0]!;
const origin = { invoke: () => Promise.resolve(), direct: undefined, deadlines: deadlinesOf(createManualClock()) };

function twoCalls(): [ClientCall, ClientCall] {
  const terms = new Terms(origin, method, 100, 1_000, undefined, noOptions, true);
  return [new ClientCall([], terms), new ClientCall([], terms)];
}

describe("what calls made at one moment have in common", () => {
  test("what is changed of one call is not changed of the others", () => {
    const [call, other] = twoCalls();
    call.deadline = 7;
    call.metadata = { a: "b" };
    call.priority = "critical";
    call.route = { only: "x" };
    call.replyMetadata = { c: "d" };
    call.attempt = 3;
    call.idempotent = true;
    call.processed = "maybe";
    const fields = ({
      deadline,
      metadata,
      priority,
      route,
      replyMetadata,
      attempt,
      idempotent,
      processed,
    }: ClientCall) => [...[deadline, metadata, priority, route, replyMetadata, attempt, idempotent, processed]];
    assert.deepEqual(fields(call), [7, { a: "b" }, "critical", { only: "x" }, { c: "d" }, 3, true, "maybe"]);
    assert.deepEqual(fields(other), [1_100, noMetadata, "normal", undefined, noMetadata, 1, false, "no"]);
    assert.deepEqual([call.startedAt, other.startedAt, call.method], [100, 100, method]);
  });

  test("each of attempt, certainty and idempotence changes alone", () => {
    const [call] = twoCalls();
    for (const processed of ["yes", "no", "maybe"] as const) {
      for (const idempotent of [true, false]) {
        for (const attempt of [1, 2, 1_000]) {
          call.attempt = attempt;
          call.processed = processed;
          call.idempotent = idempotent;
          assert.deepEqual([call.attempt, call.processed, call.idempotent], [attempt, processed, idempotent]);
          call.attempt++;
          assert.deepEqual([call.attempt, call.processed, call.idempotent], [attempt + 1, processed, idempotent]);
        }
      }
    }
  });

  test("a call that has changed its own is counted by who counts it all the same", () => {
    const account: Account = { settled: 0, retries: 0, fail() {} };
    const [call] = twoCalls();
    call.account = account;
    call.route = { except: ["x"] };
    assert.equal(call.account, account);
  });

  test("a call made later has its own time, and one of another method its own timeout", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    await serveShop("a", {}, { slow: () => new Promise(() => {}) });
    const shop = connect({ address: "memory://a", retry: false }).client(ShopService);
    await finish(shop.where());
    const startedAt = clock.now();
    const never = outcome(shop.never());
    const first = outcome(shop.slow(0));
    await clock.advance(5_000);
    const second = outcome(shop.slow(0));
    assert.equal(Math.round(((await finish(first)).at - startedAt) / 1_000), 10);
    assert.equal(Math.round(((await finish(second)).at - startedAt) / 1_000), 15);
    assert.equal(Math.round(((await finish(never)).at - startedAt) / 1_000), 3_600);
  });
});
