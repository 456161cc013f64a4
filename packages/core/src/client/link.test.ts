import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "../contract/errors.js";
import type { Session } from "../session/session.js";
import { createManualClock } from "../testing/manual-clock.js";
import { Link, type LinkUser, type SessionEvents } from "./link.js";

/** A connection that a test loses when it likes. */
class FakeSession {
  state: "ready" | "retired" | "closed" = "ready";
  drains = 0;
  closedWith: RpcError | undefined;
  #drained: (() => void)[] = [];
  readonly #events: SessionEvents;

  constructor(events: SessionEvents) {
    this.#events = events;
  }

  retire(): void {
    this.state = "retired";
    this.#events.onRetired();
  }

  lose(retryAfterMs?: number): void {
    if (this.state === "ready") this.retire();
    this.state = "closed";
    this.#events.onClosed(new RpcError("unavailable", "made up", { reason: "LOST", processed: "no", retryAfterMs }));
    for (const drained of this.#drained) drained();
  }

  drain(): Promise<void> {
    this.drains++;
    if (this.state === "closed") return Promise.resolve();
    if (this.state === "ready") this.retire();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  close(error: RpcError): void {
    this.closedWith = error;
    this.lose();
  }
}

const failed = (reason: string): RpcError => new RpcError("unavailable", "made up", { reason, processed: "no" });

/** A link to what `open` does: a session, an error, or nothing for now. */
function linked(open: (attempt: number) => "ready" | "fails" | "fails late" | "hangs") {
  const clock = createManualClock();
  const openedAt: number[] = [];
  const sessions: FakeSession[] = [];
  const seen: string[] = [];
  const user: LinkUser = {
    onReady: () => void seen.push("ready"),
    onRetired: () => void seen.push("retired"),
    onSuspicion: () => void seen.push("suspicion"),
    onFailed: ({ reason }) => void seen.push(reason),
  };
  let aborted: unknown;
  const link = new Link({
    address: "memory://a",
    clock,
    random: () => 0.5,
    backoff: {},
    async open(_address, signal, events) {
      openedAt.push(clock.now());
      const how = open(openedAt.length);
      if (how === "fails") throw failed("REFUSED");
      if (how === "fails late") {
        await new Promise<void>((resolve) => clock.setTimer(resolve, 12_000));
        throw failed("LATE");
      }
      if (how === "hangs") {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        aborted = signal.reason;
        throw signal.reason;
      }
      const session = new FakeSession(events);
      sessions.push(session);
      return session as unknown as Session;
    },
  });
  link.use(user);
  return { clock, link, openedAt, sessions, seen, user, aborted: () => aborted };
}

describe("the connection to an address", () => {
  test("is tried again after waits that grow, each failure told once", async () => {
    const { clock, link, openedAt, seen } = linked(() => "fails");
    await clock.advance(1_000);
    assert.deepEqual(openedAt.map(Math.round), [0, 100, 260, 516, 926]);
    assert.deepEqual(seen, ["REFUSED", "REFUSED", "REFUSED", "REFUSED", "REFUSED"]);
    await clock.advance(3_600_000);
    assert.ok(openedAt.length < 140, `${openedAt.length} attempts in an hour`);
    await link.close();
    assert.equal(clock.timers, 0);
  });

  test("that takes long to fail was not healthy: the waits grow all the same", async () => {
    const { clock, link, openedAt } = linked(() => "fails late");
    await clock.advance(100_000);
    const waits = openedAt.slice(1).map((at, index) => Math.round(at - openedAt[index]! - 12_000));
    assert.deepEqual(waits.slice(0, 4), [100, 160, 256, 410]);
    await link.close();
    await clock.advance(20_000);
  });

  test("that was lost is made again, and one that lasted is made again soon", async () => {
    const { clock, link, openedAt, sessions, seen } = linked(() => "ready");
    for (let session = 0; session < 6; session++) {
      await clock.advance(1);
      sessions.at(-1)?.lose();
      await clock.advance(30_000);
    }
    assert.equal(openedAt.length, 7);
    assert.deepEqual(seen, [...new Array<string[]>(6).fill(["ready", "retired"]).flat(), "ready"]);
    const before = clock.now();
    sessions.at(-1)?.lose();
    await clock.advance(200);
    assert.ok(openedAt.at(-1)! - before <= 100, "the waits did not grow, since each connection lasted");
    const closed = link.close();
    sessions.at(-1)?.lose();
    await closed;
  });

  test("that breaks at once each time is not made in a circle", async () => {
    const { clock, link, openedAt, sessions } = linked(() => "ready");
    const until = 60_000;
    while (clock.now() < until) {
      sessions.at(-1)?.lose();
      await clock.advance(10);
    }
    assert.ok(openedAt.length < 15, `${openedAt.length} connections in a minute`);
    const closed = link.close();
    sessions.at(-1)?.lose();
    await closed;
  });

  for (const [servedMs, longestMs, often] of [
    [1_100, 100, "is made again soon, however often: a restart is no failure"],
    [500, 7_000, "as soon as it was ready is made again ever more seldom"],
  ] as const) {
    test(`that its peer retired ${often}`, async () => {
      const { clock, link, openedAt, sessions } = linked(() => "ready");
      await clock.advance(1);
      const waits: number[] = [];
      for (let restart = 1; restart <= 10; restart++) {
        await clock.advance(servedMs);
        const retiredAt = clock.now();
        sessions.at(-1)?.retire();
        while (openedAt.length === restart) await clock.advance(10);
        waits.push(openedAt.at(-1)! - retiredAt);
      }
      assert.ok(Math.max(...waits) <= longestMs + 10, `waits of ${waits}`);
      assert.ok(waits.at(-1)! >= longestMs / 2, `waits of ${waits}`);
      const closed = link.close();
      for (const session of sessions) session.lose();
      await closed;
    });
  }

  test("whose peer asks to be left alone is not made before that, a minute at most", async () => {
    for (const [askedMs, waitedMs] of [
      [5_000, 5_000],
      [3_600_000, 60_000],
    ] as const) {
      const { clock, link, openedAt, sessions } = linked(() => "ready");
      await clock.advance(1);
      sessions[0]?.lose(askedMs);
      const from = clock.now();
      await clock.advance(waitedMs - 1);
      assert.equal(openedAt.length, 1);
      await clock.advance(2);
      assert.equal(openedAt.length, 2);
      assert.ok(openedAt[1]! - from >= waitedMs);
      const closed = link.close();
      sessions.at(-1)?.lose();
      await closed;
    }
  });

  test("that retires is replaced while it finishes what was begun", async () => {
    const { clock, link, sessions, seen } = linked(() => "ready");
    await clock.advance(1);
    sessions[0]?.retire();
    await clock.advance(200);
    assert.equal(sessions.length, 2);
    assert.deepEqual(seen, ["ready", "retired", "ready"]);
    let closed = false;
    void link.close().then(() => {
      closed = true;
    });
    await clock.settle();
    assert.deepEqual(
      sessions.map(({ drains }) => drains),
      [1, 1],
      "both are drained",
    );
    sessions[1]?.lose();
    await clock.settle();
    assert.equal(closed, false);
    sessions[0]?.lose();
    await clock.settle();
    assert.equal(closed, true);
    assert.equal(clock.timers, 0);
  });

  test("who comes later hears at once what is the case", async () => {
    const heard: string[] = [];
    const late: LinkUser = {
      onReady: () => void heard.push("ready"),
      onRetired: () => void heard.push("retired"),
      onSuspicion: () => {},
      onFailed: ({ reason }) => void heard.push(reason),
    };
    const failing = linked(() => "fails");
    await failing.clock.settle();
    failing.link.use(late);
    const ready = linked(() => "ready");
    await ready.clock.settle();
    ready.link.use(late);
    assert.deepEqual(heard, ["REFUSED", "ready"]);
    assert.equal(ready.link.leave(late), false);
    assert.equal(ready.link.leave(ready.user), true);
    await failing.link.close();
    const closed = ready.link.close();
    ready.sessions[0]?.lose();
    await closed;
  });

  test("that is closed while it connects stops connecting, and nobody is told that it failed", async () => {
    const { clock, link, openedAt, seen, aborted } = linked(() => "hangs");
    await clock.settle();
    await link.close();
    await clock.advance(60_000);
    assert.equal((aborted() as RpcError).reason, "CLOSED");
    assert.deepEqual([openedAt.length, seen, clock.timers], [1, [], 0]);
  });

  test("that does not close by itself is ended with the reason given", async () => {
    const { clock, link, sessions } = linked(() => "ready");
    await clock.advance(1);
    sessions[0]?.retire();
    await clock.advance(200);
    const closed = link.close();
    await clock.settle();
    link.abort(failed("OVER"));
    await closed;
    assert.deepEqual(
      sessions.map(({ closedWith }) => closedWith?.reason),
      ["OVER", "OVER"],
    );
  });
});
