import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ambientCall, currentCall, detached } from "../ambient/index.js";
import type { Call } from "../contract/call.js";
import type { Client } from "../contract/client.js";
import { RpcError } from "../contract/errors.js";
import type { ServeSettings } from "../server/serve-options.js";
import { bind } from "../service/bind.js";
import { defineService } from "../service/define-service.js";
import { withOptions } from "./create-client.js";
import { ShopService, type Simulation, simulation } from "./simulation.fixture.js";

interface Step {
  go(): unknown;
}

const Steps = (["a", "b", "c"] as const).map((name) => defineService<Step>(`step.${name}`, { go: {} }));

/** What a handler saw of its call. */
interface Seen {
  call: Call;
  signal: AbortSignal;
  leftMs: number;
  abortedAt: number;
}

/**
 * Three servers, each of one step. The handler of `a` and of `b` calls the next one as `road` says; `c` never answers.
 */
async function chain(
  { clock, serveShop, connect }: Simulation,
  road: (from: "a" | "b", next: Client<Step>) => unknown,
  settings: ServeSettings = {},
) {
  const seen: Record<string, Seen> = {};
  const clients = ["a", "b", "c"].map((name, index) => connect({ address: `memory://${name}` }).client(Steps[index]!));
  for (const [index, name] of (["a", "b", "c"] as const).entries()) {
    const go = (): unknown => {
      const call = currentCall();
      const saw: Seen = { call, signal: call.signal!, leftMs: call.deadline - clock.now(), abortedAt: -1 };
      call.signal!.addEventListener("abort", () => {
        saw.abortedAt = clock.now();
      });
      seen[name] = saw;
      return name === "c" ? new Promise(() => {}) : road(name, clients[index + 1]!);
    };
    await serveShop(name, { services: [bind(Steps[index]!, { go })], ambient: true, ...settings } as never);
  }
  return { seen, first: clients[0]! };
}

describe("calls made inside a handler", () => {
  test("100 ms at A of which B spends 60 leave C 40 at most, and all are told within 125 ms", async (t) => {
    const simulated = simulation(t);
    const { clock, outcome } = simulated;
    const spend = (ms: number): Promise<void> => new Promise((resolve) => clock.setTimer(resolve, ms));
    const { seen, first } = await chain(simulated, async (from, next) => {
      if (from === "b") await spend(60);
      return next.go();
    });
    const call = outcome(withOptions(first, { timeoutMs: 100 }).go());
    await clock.advance(99);
    const [a, b, c] = ["a", "b", "c"].map((name) => seen[name]!);
    assert.ok(a!.leftMs <= 100 && b!.leftMs <= a!.leftMs, `${a!.leftMs}, ${b!.leftMs}`);
    assert.ok(c!.leftMs > 0 && c!.leftMs <= 40, `${c!.leftMs} ms are left at C`);
    await clock.advance(26);
    assert.equal((await call).error?.code, "deadline_exceeded");
    for (const each of [a, b, c])
      assert.ok(each!.abortedAt >= 100 && each!.abortedAt <= 125, `told at ${each!.abortedAt}`);
  });

  test("are cancelled with it, however deep, as soon as its caller cancels", async (t) => {
    const simulated = simulation(t);
    const { clock, outcome } = simulated;
    const { seen, first } = await chain(simulated, (_from, next) => next.go());
    const controller = new AbortController();
    const call = outcome(withOptions(first, { signal: controller.signal }).go());
    await clock.advance(1_000);
    controller.abort();
    await clock.advance(1);
    assert.equal((await call).error?.code, "cancelled");
    for (const name of ["a", "b", "c"]) {
      assert.equal(seen[name]?.signal.aborted, true, name);
      assert.equal((seen[name]?.signal.reason as RpcError | undefined)?.code, "cancelled", name);
      assert.equal(seen[name]?.call.nested?.size ?? 0, 0, name);
    }
  });

  test("have a shorter timeout where one is set, and never a longer one", async (t) => {
    const simulated = simulation(t);
    const { clock, outcome } = simulated;
    const { seen, first } = await chain(simulated, (from, next) =>
      withOptions(next, { timeoutMs: from === "a" ? 50 : 3_600_000 }).go(),
    );
    const call = outcome(withOptions(first, { timeoutMs: 100 }).go());
    await clock.advance(20);
    assert.deepEqual([seen["b"]!.leftMs <= 50, seen["c"]!.leftMs <= 50], [true, true]);
    await clock.advance(200);
    assert.equal((await call).error?.code, "deadline_exceeded");
  });

  test("that were detached outlive it, and inherit nothing", async (t) => {
    const simulated = simulation(t);
    const { clock, outcome } = simulated;
    const { seen, first } = await chain(simulated, async (from, next) => {
      if (from === "b") return next.go();
      void detached(() => next.go()).catch(() => {});
      return "answered";
    });
    const call = outcome(withOptions(first, { timeoutMs: 100 }).go());
    await clock.advance(500);
    assert.equal((await call).answer, "answered");
    assert.ok(seen["b"]!.leftMs > 9_000, `${seen["b"]!.leftMs} ms`);
    assert.equal(seen["c"]!.signal.aborted, false);
  });

  test("inherit its priority, and whether it is a retry", async (t) => {
    const simulated = simulation(t);
    const { clock } = simulated;
    const { seen, first } = await chain(simulated, (_from, next) => next.go(), {
      interceptors: [
        (next) => (call) => {
          if (call.method.service === "step.a") {
            call.priority = "critical";
            call.attempt = 2;
          }
          return next(call);
        },
      ],
    });
    void first.go().catch(() => {});
    await clock.advance(100);
    assert.deepEqual([seen["b"]!.call.priority, seen["c"]!.call.priority], ["critical", "critical"]);
    assert.deepEqual([seen["b"]!.call.cautious, seen["c"]!.call.cautious], [true, true]);
    await clock.advance(10_000);
  });

  test("have a priority of their own where one is set, and pass it on", async (t) => {
    const simulated = simulation(t);
    const { clock } = simulated;
    const { seen, first } = await chain(simulated, (from, next) =>
      (from === "a" ? withOptions(next, { priority: "sheddable" }) : next).go(),
    );
    void withOptions(first, { priority: "critical" })
      .go()
      .catch(() => {});
    await clock.advance(100);
    assert.deepEqual(
      ["a", "b", "c"].map((name) => seen[name]!.call.priority),
      ["critical", "sheddable", "sheddable"],
    );
    await clock.advance(10_000);
  });

  test("inherit nothing where ambient context is off", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    let ambient: unknown = "not asked";
    await serveShop(
      "c",
      {},
      {
        where: () => {
          ambient = ambientCall();
          return "c";
        },
      },
    );
    const call = outcome(connect({ address: "memory://c" }).client(ShopService).where());
    await clock.advance(10);
    assert.equal((await call).answer, "c");
    assert.equal(ambient, undefined);
  });

  test("10,000 that come and go leave nothing in the call that made them", async (t) => {
    const simulated = simulation(t);
    const { serveShop, connect, finish } = simulated;
    await serveShop("b", { services: [bind(Steps[1]!, { go: () => 1 })] } as never);
    const next = connect({ address: "memory://b", limits: { sendQueueEntries: 100_000 } }).client(Steps[1]!);
    let most = 0;
    let left = -1;
    await serveShop("a", {
      ambient: true,
      services: [
        bind(Steps[0]!, {
          async go() {
            const call = currentCall();
            for (let round = 0; round < 5; round++) {
              const calls = Array.from({ length: 2_000 }, () => next.go());
              most = Math.max(most, call.nested?.size ?? 0);
              await Promise.all(calls);
            }
            left = call.nested?.size ?? 0;
          },
        }),
      ],
    } as never);
    await finish(connect({ address: "memory://a" }).client(Steps[0]!).go());
    assert.deepEqual([most, left], [2_000, 0]);
  });
});
