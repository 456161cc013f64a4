import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "../contract/errors.js";
import { withOptions } from "./create-client.js";
import { fallback } from "./fallback.js";
import { ShopService, simulation } from "./simulation.fixture.js";

describe("fallback", () => {
  test("a call that fails for want of a server has the value, and who asks for it learns why", async (t) => {
    const { clock, connect } = simulation(t);
    const seen: string[] = [];
    const value = (error: RpcError, { method }: { readonly method: { readonly path: string } }): string => {
      seen.push(`${method.path} ${error.reason}`);
      return "the usual place";
    };
    const connector = connect({ address: "memory://nowhere", interceptors: [fallback(value)] });
    const shop = connector.client(ShopService);
    const call = shop.where();
    await clock.advance(6_000);
    assert.equal(await call, "the usual place");
    assert.deepEqual(seen, ["/shop.Shop/where CONNECT_FAILED"]);
    assert.deepEqual([connector.stats().calls.ok, connector.stats().calls.failed], [1, 0]);
  });

  test("what the application answers, and other methods, are left as they are", async (t) => {
    const { serveShop, connect, finish } = simulation(t);
    const fail = (code: "not_found" | "unavailable") => () => {
      throw new RpcError(code, "made up");
    };
    await serveShop("a", {}, { where: fail("not_found"), slow: fail("unavailable") });
    const interceptors = [fallback(() => "value", { methods: ["/shop.Shop/where"] })];
    const shop = connect({ address: "memory://a", interceptors }).client(ShopService);
    await finish(assert.rejects(shop.where(), { code: "not_found" }));
    await finish(assert.rejects(shop.slow(1), { code: "unavailable" }));
    const all = connect({ address: "memory://a", interceptors: [fallback(() => "value", { codes: ["not_found"] })] });
    assert.equal(await finish(all.client(ShopService).where()), "value");
    await finish(assert.rejects(all.client(ShopService).slow(1), { code: "unavailable" }));
  });

  test("shortly before its deadline a call gets the value, if asked for, and is cancelled", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    await serveShop("a");
    const interceptors = [fallback(() => "value", { beforeDeadlineMs: 20, clock })];
    const connector = connect({ address: "memory://a", interceptors });
    const shop = withOptions(connector.client(ShopService), { timeoutMs: 100 });
    const late = outcome(shop.slow(5_000));
    await clock.advance(200);
    const { answer, at } = await late;
    assert.ok(answer === "value" && at >= 80 && at < 90, `${answer} at ${at}`);
    const quick = outcome(shop.slow(5));
    await clock.advance(200);
    assert.equal((await quick).answer, "a");
    const without = connect({ address: "memory://a", interceptors: [fallback(() => "value")] });
    const expired = outcome(withOptions(without.client(ShopService), { timeoutMs: 100 }).slow(5_000));
    await clock.advance(200);
    assert.equal((await expired).error?.code, "deadline_exceeded");
  });

  test("a call that has the value while it waits to be tried again is not made again", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    let came = 0;
    const later = new RpcError("resource_exhausted", "later", { processed: "no", retryAfterMs: 300 });
    const ran: string[] = [];
    const where = (): string => {
      ran.push("where");
      return "late";
    };
    await serveShop("a", { admissions: [() => (++came === 1 ? later : undefined)] }, { where });
    const interceptors = [fallback(() => "value", { beforeDeadlineMs: 300, clock })];
    const shop = withOptions(connect({ address: "memory://a", interceptors }).client(ShopService), { timeoutMs: 500 });
    const call = outcome(shop.where());
    await clock.advance(1_000);
    assert.equal((await call).answer, "value");
    assert.deepEqual([came, ran], [1, []]);
  });

  test("a value that cannot be had fails the call with what was thrown", async (t) => {
    const { clock, connect } = simulation(t);
    const throwing = fallback(() => {
      throw new RpcError("not_found", "nothing in the cache");
    });
    const shop = connect({ address: "memory://nowhere", interceptors: [throwing] }).client(ShopService);
    const call = assert.rejects(shop.where(), { code: "not_found", message: "nothing in the cache" });
    await clock.advance(6_000);
    await call;
  });

  test("options that cannot be are refused by name", () => {
    assert.throws(() => fallback("value" as never), /fallback wants a function/);
    assert.throws(
      () => fallback(() => 1, { code: [] } as never),
      /fallback has no option "code"; did you mean "codes"/,
    );
    assert.throws(() => fallback(() => 1, { beforeDeadlineMs: -1 }), /beforeDeadlineMs/);
  });
});
