import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Invoke } from "../contract/call.js";
import { serve } from "../server/serve.js";
import { bind } from "../service/bind.js";
import { defineService } from "../service/define-service.js";
import { createClient, withOptions } from "./create-client.js";
import { simulation } from "./simulation.fixture.js";

interface Accounts {
  close(): void;
  show(): string;
  hang(): void;
}

const AccountsService = defineService<Accounts>("Accounts", { close: {}, show: {}, hang: {} });
/** The same as it stands in another file, in another order. */
const SameService = defineService<Accounts>("Accounts", { show: {}, hang: {}, close: {} });
const OtherService = defineService<Accounts>("Others", { close: {}, show: {}, hang: {} });

/** A server of accounts that runs at most four calls of a connection, and another that passes on to it what it is asked. */
async function gateway(t: Parameters<typeof simulation>[0], afterMs = 0) {
  const simulated = simulation(t);
  const { clock, transports, connect, finish, serveShop } = simulated;
  const ran: string[] = [];
  const handlers = {
    close: () => void ran.push("close"),
    show: () => {
      ran.push("show");
      return "shown";
    },
    hang: () => {
      ran.push("hang");
      return new Promise<void>(() => {});
    },
  };
  await serveShop("back", {
    services: [bind(AccountsService, handlers)],
    limits: { inFlight: 4 },
    drainMs: 100,
  } as never);
  const up = connect({ address: "memory://back" });
  const passOn = up.invokeFor(AccountsService);
  const later: Invoke = async (call) => {
    await new Promise<void>((resolve) => clock.setTimer(resolve, afterMs));
    return passOn(call);
  };
  const front = await serve({
    invoke: afterMs > 0 ? later : passOn,
    listen: "memory://front",
    transports,
    clock,
    drainMs: 100,
  });
  t.after(() => finish(front.close()));
  return { ...simulated, ran, up, front: connect({ address: "memory://front" }) };
}

describe("a call made with another descriptor than its client's connector knows", () => {
  test("runs the method that was called, be it of the same service in another order", async (t) => {
    const { ran, up, finish } = await gateway(t);
    const same = createClient(SameService, up.invokeFor(AccountsService));
    assert.equal(await finish(same.show()), "shown");
    assert.equal(await finish(createClient(AccountsService, up.invokeFor(AccountsService)).show()), "shown");
    assert.deepEqual(ran, ["show", "show"]);
    const { methods } = up.stats();
    assert.deepEqual([methods["/Accounts/show"]?.calls, Object.keys(methods)], [2, ["/Accounts/show"]]);
  });

  test("runs nothing where it is of another service", async (t) => {
    const { ran, up, finish } = await gateway(t);
    const other = createClient(OtherService, up.invokeFor(AccountsService));
    await finish(assert.rejects(other.show(), { code: "unimplemented", reason: "NO_METHOD" }));
    assert.deepEqual(ran, []);
  });

  test("runs the method that was called where a server passes on what it is asked", async (t) => {
    const { ran, front, finish } = await gateway(t);
    assert.equal(await finish(front.client(AccountsService).show()), "shown");
    assert.equal(await finish(front.client(SameService).show()), "shown");
    assert.deepEqual(ran, ["show", "show"]);
  });
});

describe("a call that a server passes on", () => {
  for (const how of ["expired", "cancelled"] as const)
    test(`and that is ${how} gives its place back, on both connections`, async (t) => {
      const { clock, ran, up, front, finish, outcome } = await gateway(t);
      const leaving = new AbortController();
      const options = how === "expired" ? { timeoutMs: 300 } : { signal: leaving.signal };
      const client = withOptions(front.client(AccountsService), options);
      const calls = Array.from({ length: 4 }, () => outcome(client.hang()));
      await clock.advance(200);
      assert.equal(ran.length, 4);
      leaving.abort();
      await clock.advance(200);
      for (const { error } of await Promise.all(calls))
        assert.equal(error?.code, how === "expired" ? "deadline_exceeded" : "cancelled");
      const { failed, pending } = up.stats().calls;
      assert.deepEqual([failed, pending], [4, 0]);
      const next = outcome(withOptions(front.client(AccountsService), { timeoutMs: 300 }).show());
      await finish(next);
      assert.equal((await next).answer, "shown");
    });

  test("after its caller has gone is not made", async (t) => {
    const { clock, ran, front, finish, outcome } = await gateway(t, 100);
    const shown = front.client(AccountsService).show();
    assert.equal(await finish(shown), "shown");
    const leaving = new AbortController();
    const call = outcome(withOptions(front.client(AccountsService), { signal: leaving.signal }).hang());
    await clock.advance(50);
    leaving.abort();
    await clock.advance(200);
    assert.equal((await call).error?.code, "cancelled");
    assert.deepEqual(ran, ["show"]);
  });
});
