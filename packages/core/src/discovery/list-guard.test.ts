import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Logger } from "../contract/logger.js";
import { silent } from "../contract/logger.js";
import type { Endpoint } from "../contract/registry.js";
import { createManualClock } from "../testing/manual-clock.js";
import { ListGuard } from "./list-guard.js";

const at = (id: string, address = `memory://${id}`): Endpoint => ({
  id,
  address,
  weight: 1,
  tags: {},
  inactive: false,
});

const [a, b, c, d] = ["a", "b", "c", "d"].map((id) => at(id)) as [Endpoint, Endpoint, Endpoint, Endpoint];

/** A guard, and the registry that it asks again, which says what it said last. */
function guarded() {
  const clock = createManualClock();
  const warnings: string[] = [];
  const logger: Logger = { ...silent, warn: (message) => void warnings.push(message) };
  let now: readonly Endpoint[] = [];
  let called: readonly string[] = [];
  let answers = true;
  let asked = 0;
  const guard = new ListGuard({
    service: "Shop",
    clock,
    logger,
    onList: (endpoints) => {
      called = endpoints.map(({ id }) => id).sort();
    },
    ask: () => {
      asked++;
      if (answers) guard.offer(now);
    },
  });
  return {
    clock,
    guard,
    warnings,
    say(...endpoints: Endpoint[]) {
      now = endpoints;
      guard.offer(endpoints);
      return called;
    },
    fallSilent: () => {
      answers = false;
    },
    called: () => called,
    asked: () => asked,
  };
}

describe("a list that shrinks", () => {
  test("to nothing at once is not believed for 10 s, then it is, and logged once", async () => {
    const { clock, guard, warnings, say, called } = guarded();
    say(a, b, c);
    assert.deepEqual(say(), ["a", "b", "c"]);
    await clock.advance(9_900);
    assert.deepEqual(called(), ["a", "b", "c"]);
    await clock.advance(200);
    assert.deepEqual(called(), []);
    assert.equal(warnings.length, 1);
    guard.stop();
    assert.equal(clock.timers, 0);
  });

  test("by half or less is believed at once", () => {
    const { say, warnings } = guarded();
    say(a, b, c, d);
    assert.deepEqual(say(a, b), ["a", "b"]);
    assert.deepEqual(warnings, []);
  });

  test("by more than half at once keeps what it lacks, and takes what it adds and changes", async () => {
    const { clock, say, called } = guarded();
    say(a, b, c);
    const added = at("new");
    assert.deepEqual(say(a, added), ["a", "b", "c", "new"]);
    await clock.advance(11_000);
    assert.deepEqual(called(), ["a", "new"]);
  });

  test("and is whole again a moment later was a fault: nothing was dropped, and the next fault is as suspicious", async () => {
    const { clock, say, called } = guarded();
    say(a, b, c);
    say();
    await clock.advance(5_000);
    say(a, b, c);
    await clock.advance(30_000);
    assert.deepEqual(called(), ["a", "b", "c"]);
    assert.deepEqual(say(), ["a", "b", "c"]);
    await clock.advance(9_900);
    assert.deepEqual(called(), ["a", "b", "c"]);
  });

  test("piece by piece within 10 s is not believed either", async () => {
    const { clock, say, called } = guarded();
    say(a, b, c);
    say(a);
    await clock.advance(1_000);
    assert.deepEqual(say(), ["a", "b", "c"]);
    await clock.advance(9_100);
    assert.deepEqual(called(), ["a"]);
    await clock.advance(10_000);
    assert.deepEqual(called(), []);
  });

  test("because its instances said that they leave is believed at once, whichever is heard first", () => {
    const { guard, say, called, warnings } = guarded();
    say(a, b, c);
    guard.onLeave(a);
    guard.onLeave(b);
    assert.deepEqual(say(c), ["c"]);
    say();
    assert.deepEqual(called(), ["c"]);
    guard.onLeave(c);
    assert.deepEqual(called(), []);
    assert.deepEqual(warnings, []);
  });

  test("is not believed of an instance that had said it leaves, and came back", () => {
    const { guard, say } = guarded();
    say(a);
    guard.onLeave(a);
    guard.onReturn(a);
    assert.deepEqual(say(), ["a"]);
  });

  test("because a new instance took over the address is believed at once", () => {
    const { say } = guarded();
    say(a);
    assert.deepEqual(say(at("a-2", a.address)), ["a-2"]);
  });

  test("and is then asked for in vain is kept, and asked for each 10 s, not in a circle", async () => {
    const { clock, guard, say, called, fallSilent, asked } = guarded();
    say(a, b);
    fallSilent();
    say();
    await clock.advance(60_500);
    assert.deepEqual(called(), ["a", "b"]);
    assert.ok(asked() >= 5 && asked() <= 7, `asked ${asked()} times in a minute`);
    guard.stop();
    assert.equal(clock.timers, 0);
  });
});
