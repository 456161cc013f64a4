import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Interceptor } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import type { FailMode } from "../contract/fail-mode.js";
import type { RetryOptions } from "../interceptors/retry-policy.js";
import { bind } from "../service/bind.js";
import { defineService } from "../service/define-service.js";
import { withOptions } from "./create-client.js";
import { endpointAt, listedRegistry } from "./listed-registry.fixture.js";
import { simulation, turns } from "./simulation.fixture.js";

interface Desk {
  ask(): string;
  tell(): string;
  quick(): string;
}

const DeskService = defineService<Desk>("desk.Desk", {
  ask: { idempotent: true },
  tell: {},
  quick: { idempotent: true, failMode: "failfast" },
});

type Test = Parameters<typeof simulation>[0];

/** What a server does with its n-th call, from 1. */
type Script = (n: number, at: number) => unknown;

const noting =
  (onAbort: () => void): Interceptor =>
  (next) =>
  (call) => {
    call.signal?.addEventListener("abort", onAbort);
    return next(call);
  };

/** Servers that do as they are told, and a client of them. */
async function desks(t: Test, scripts: Readonly<Record<string, Script>>, retry: RetryOptions | false = {}) {
  const { clock, serveShop, connect, outcome } = simulation(t);
  const asked: string[] = [];
  const cancelled: string[] = [];
  const registry = listedRegistry();
  const wait = (ms: number) => new Promise<void>((resolve) => clock.setTimer(resolve, ms));
  for (const [name, script] of Object.entries(scripts)) {
    let calls = 0;
    const handle = async (): Promise<string> => {
      asked.push(name);
      const answer = script(++calls, clock.now());
      if (answer instanceof Error) throw answer;
      if (typeof answer === "number") await wait(answer);
      return name;
    };
    await serveShop(name, {
      services: [bind(DeskService, { ask: handle, tell: handle, quick: handle })],
      interceptors: [noting(() => cancelled.push(name))],
    } as never);
  }
  registry.say(Object.keys(scripts).map((name) => endpointAt(`memory://${name}`)));
  const connector = connect({ registry, balancer: turns, retry, ejection: false });
  const desk = connector.client(DeskService);
  return {
    clock,
    asked,
    cancelled,
    connector,
    desk,
    outcome,
    /** All connections are ready, and `turns` begins with the first. */
    async ready(): Promise<void> {
      const warm = Object.keys(scripts).map((name) =>
        outcome(withOptions(desk, { route: { only: `memory://${name}` }, timeoutMs: 1 }).tell()),
      );
      await clock.advance(500);
      await Promise.all(warm);
      asked.length = cancelled.length = 0;
    },
  };
}

const unavailable = () => new RpcError("unavailable", "made up");
/** Fails its calls from the second on: the first made the connection ready. */
const failing =
  (error: () => Error): Script =>
  (n) =>
    n === 1 ? "" : error();
const fine: Script = () => "";

describe("fail modes", () => {
  const rows: readonly [mode: FailMode, method: keyof Desk, error: () => Error, asked: string, ok: boolean][] = [
    ["failover", "ask", unavailable, "a b", true],
    ["failover", "tell", unavailable, "a", false],
    ["failfast", "ask", unavailable, "a", false],
    ["failtry", "ask", unavailable, "a", false],
    ["failbackup", "ask", unavailable, "a b", true],
  ];
  for (const [mode, method, error, expected, ok] of rows) {
    test(`${mode}: a server that answers unavailable to ${method} is asked, then ${expected}`, async (t) => {
      const { clock, asked, desk, outcome, ready } = await desks(t, { a: failing(error), b: fine });
      await ready();
      const call = outcome(withOptions(desk, { failMode: mode })[method]());
      await clock.advance(1_000);
      assert.deepEqual([asked.join(" "), (await call).answer !== undefined], [expected, ok]);
    });
  }

  test("what is said of the call goes before the method, and that before the client", async (t) => {
    const { clock, asked, desk, outcome, ready } = await desks(
      t,
      { a: failing(unavailable), b: failing(unavailable) },
      { failMode: "failfast" },
    );
    await ready();
    for (const [client, method, expected] of [
      [desk, "ask", 1],
      [desk, "quick", 1],
      [withOptions(desk, { failMode: "failover" }), "ask", 3],
      [withOptions(desk, { failMode: "failover" }), "quick", 3],
    ] as const) {
      asked.length = 0;
      const call = outcome(client[method]());
      await clock.advance(1_000);
      await call;
      assert.equal(asked.length, expected, method);
    }
  });

  test("failtry: a rejected call is made again at the same endpoint, not elsewhere", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    const registry = listedRegistry();
    let admitted = 0;
    const handlers = (name: string) => bind(DeskService, { ask: () => name, tell: () => name, quick: () => name });
    const reject = () =>
      admitted++ < 2 ? new RpcError("resource_exhausted", "not yet", { processed: "no", retryAfterMs: 30 }) : undefined;
    await serveShop("a", { services: [handlers("a")], admissions: [reject] } as never);
    await serveShop("b", { services: [handlers("b")] } as never);
    registry.say([endpointAt("memory://a")]);
    const desk = connect({ registry, balancer: turns }).client(DeskService);
    const call = outcome(withOptions(desk, { failMode: "failtry" }).tell());
    await clock.advance(1);
    registry.say([endpointAt("memory://a"), endpointAt("memory://b")]);
    await clock.advance(1_000);
    const { answer, at } = await call;
    assert.equal(answer, "a");
    assert.ok(at >= 60 && at < 100, `at ${at}: twice as long as the server asked for`);
  });

  test("a mode that is none is refused by name, wherever it stands", async (t) => {
    const { desk } = await desks(t, { a: fine });
    assert.throws(
      () => withOptions(desk, { failMode: "failsafe" as FailMode }),
      /failMode must be "failover" or "failfast"/,
    );
    assert.throws(() => defineService<{ a(): void }>("X", { a: { failMode: "no" as FailMode } }), /failMode/);
    const { connect } = simulation(t);
    assert.throws(() => connect({ address: "memory://a", retry: { failMode: "no" as FailMode } }), /retry: failMode/);
  });
});

describe("failbackup", () => {
  const backup = { failMode: "failbackup" } as const;
  const slow =
    (ms: number): Script =>
    (n) =>
      n === 1 ? "" : ms;

  test("a late idempotent call is made elsewhere after 10 ms: the first success wins, the other attempt is cancelled", async (t) => {
    const { clock, asked, cancelled, desk, outcome, ready, connector } = await desks(t, { a: slow(500), b: fine });
    await ready();
    const startedAt = clock.now();
    const call = outcome(withOptions(desk, backup).ask());
    await clock.advance(9);
    assert.deepEqual(asked, ["a"]);
    await clock.advance(20);
    const { answer, at } = await call;
    assert.equal(answer, "b");
    assert.ok(at - startedAt < 13, `after ${at - startedAt} ms`);
    assert.deepEqual([asked, cancelled], [["a", "b"], ["a"]]);
    assert.equal(connector.stats().calls.pending, 0);
  });

  test("the first attempt still wins where it is answered first, and the second is cancelled", async (t) => {
    const { clock, asked, cancelled, desk, outcome, ready } = await desks(t, { a: slow(15), b: slow(500) });
    await ready();
    const call = outcome(withOptions(desk, backup).ask());
    await clock.advance(100);
    assert.equal((await call).answer, "a");
    assert.deepEqual([asked, cancelled], [["a", "b"], ["b"]]);
  });

  test("a call that must not run twice, and one that is quick, are made once", async (t) => {
    const { clock, asked, desk, outcome, ready } = await desks(t, { a: slow(200), b: slow(5) });
    await ready();
    const once = outcome(withOptions(desk, backup).tell());
    await clock.advance(300);
    const quick = outcome(withOptions(desk, backup).ask());
    await clock.advance(300);
    assert.deepEqual([(await once).answer, (await quick).answer, asked.join(" ")], ["a", "b", "a b"]);
  });

  test("it waits as long as 95 of 100 answers take: a method that is slow by nature is not made twice", async (t) => {
    const { clock, asked, desk, outcome, ready } = await desks(t, { a: slow(50), b: slow(50) });
    await ready();
    const calls = 200;
    for (let n = 0; n < calls; n++) {
      const call = outcome(withOptions(desk, backup).ask());
      await clock.advance(60);
      await call;
    }
    assert.ok(asked.length < calls + 15, `${asked.length} attempts for ${calls} calls`);
  });

  test("second attempts come out of the retry budget, and end with it", async (t) => {
    const budget = { ratio: 0, perSecond: 0.3 };
    const { clock, asked, desk, outcome, ready } = await desks(t, { a: slow(300), b: slow(300) }, { budget });
    await ready();
    const calls = Array.from({ length: 20 }, () => outcome(withOptions(desk, backup).ask()));
    await clock.advance(1_000);
    assert.ok((await Promise.all(calls)).every(({ answer }) => answer !== undefined));
    assert.equal(asked.length, 23);
  });

  test("with nowhere else to go there is one attempt", async (t) => {
    const { clock, asked, desk, outcome, ready } = await desks(t, { a: slow(300) });
    await ready();
    const call = outcome(withOptions(desk, backup).ask());
    await clock.advance(1_000);
    assert.deepEqual([(await call).answer, asked], ["a", ["a"]]);
  });

  test("where one attempt fails the other is waited for; where both do, the error tells of both, and nothing is left", async (t) => {
    const late: Script = (n) => (n === 1 ? "" : 40);
    const one = await desks(t, { a: late, b: failing(() => new Error("broken")) });
    await one.ready();
    const call = one.outcome(withOptions(one.desk, backup).ask());
    await one.clock.advance(1_000);
    assert.deepEqual([(await call).answer, one.asked], ["a", ["a", "b"]]);

    const { clock, serveShop, connect, outcome } = simulation(t);
    const registry = listedRegistry();
    const breaking = async (): Promise<string> => {
      await new Promise<void>((resolve) => clock.setTimer(resolve, 30));
      throw new RpcError("not_found", "no such thing");
    };
    for (const name of ["c", "d"])
      await serveShop(name, {
        services: [bind(DeskService, { ask: breaking, tell: () => "", quick: () => "" })],
      } as never);
    registry.say(["memory://c", "memory://d"].map((address) => endpointAt(address)));
    const connector = connect({ registry, balancer: turns });
    const desk = withOptions(connector.client(DeskService), backup);
    const warm = outcome(desk.tell());
    await clock.advance(100);
    await warm;
    const failed = outcome(desk.ask());
    await clock.advance(1_000);
    const { error } = await failed;
    assert.deepEqual([error?.code, error?.processed, error?.attempts], ["not_found", "yes", 2]);
    assert.match(error!.message, /before: attempt 1 at memory:\/\/[cd]: NOT_FOUND after 30 ms/);
    assert.deepEqual([connector.stats().calls.pending, connector.stats().calls.retries], [0, 1]);
  });

  test("a caller who gives up gives up both attempts, and hears that a handler may have run", async (t) => {
    const { clock, asked, cancelled, desk, outcome, ready, connector } = await desks(t, { a: slow(500), b: slow(500) });
    await ready();
    const giveUp = new AbortController();
    const call = outcome(withOptions(desk, { ...backup, signal: giveUp.signal }).ask());
    const expires = outcome(withOptions(desk, { ...backup, timeoutMs: 30 }).ask());
    await clock.advance(20);
    giveUp.abort();
    await clock.advance(100);
    assert.deepEqual([(await call).error?.code, (await call).error?.processed], ["cancelled", "maybe"]);
    assert.deepEqual([(await expires).error?.code, (await expires).error?.processed], ["deadline_exceeded", "maybe"]);
    assert.equal(asked.length, 4);
    assert.deepEqual(cancelled.sort(), ["a", "a", "b", "b"]);
    assert.equal(connector.stats().calls.pending, 0);
  });

  test("a first attempt that failed is tried elsewhere at once, without waiting to be late", async (t) => {
    const { clock, asked, desk, outcome, ready } = await desks(t, { a: failing(unavailable), b: fine });
    await ready();
    const startedAt = clock.now();
    const call = outcome(withOptions(desk, backup).ask());
    await clock.advance(100);
    assert.deepEqual([(await call).answer, asked], ["b", ["a", "b"]]);
    assert.ok((await call).at - startedAt < 5);
  });

  test("a whole client can have it, and no call is made more than three times in all", async (t) => {
    const { clock, asked, desk, outcome, ready } = await desks(
      t,
      {
        a: (n) => (n === 1 ? "" : 20),
        b: (n) => (n === 1 ? "" : 20),
        c: failing(unavailable),
        d: failing(unavailable),
      },
      { failMode: "failbackup" },
    );
    await ready();
    for (let n = 0; n < 8; n++) {
      asked.length = 0;
      const call = outcome(desk.ask());
      await clock.advance(1_000);
      await call;
      assert.ok(asked.length <= 3, `${asked}`);
    }
  });
});
