import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { rpc } from "../io.fixture.js";
import { openDirectory, serveOrders } from "../served.fixture.js";
import { progressBar } from "./progress-bar.js";
import { Tally } from "./tally.js";

const briefly = ["--seconds", "0.2", "--warm-up-seconds", "0.05"];

describe("rpc bench", () => {
  test("tells rate and percentiles of a method, as text and as JSON, at an address and through a registry", async (t) => {
    const { address, registry } = await serveOrders(t);
    const text = await rpc(["bench", "shop.Orders.echo", '{"sku":"tea"}', "2", "--address", address, ...briefly]);
    assert.deepEqual([text.exitCode, text.stderr], [0, ""]);
    assert.match(
      text.stdout,
      /^shop\.Orders\.echo at tcp:\S+\nclosed loop: 64 in flight, 1 connection, \d+\.\d s measured\n/,
    );
    assert.match(text.stdout, /^calls +[\d,]+: [\d,]+ ok, 0 failed$/m);
    assert.match(text.stdout, /^latency +p50 [\d.]+, p90 [\d.]+, p99 [\d.]+, p99\.9 [\d.]+, max [\d.]+ ms$/m);

    const open = ["--rate", "100", "--registry", registry, "--json"];
    const { exitCode, stdout } = await rpc(["bench", "shop.Orders.echo", ...open, ...briefly]);
    assert.equal(exitCode, 0);
    const { method, loop, rate, measuredMs, calls, ok, failed, unfinished, interrupted, latency, lag } =
      JSON.parse(stdout);
    assert.deepEqual(
      { method, loop, rate, failed, unfinished, interrupted },
      { method: "shop.Orders.echo", loop: "open", rate: 100, failed: 0, unfinished: 0, interrupted: false },
    );
    assert.ok(calls === ok && Math.abs(ok - measuredMs / 10) <= 1, stdout);
    assert.ok(latency.p50Ms > 0 && latency.p50Ms <= latency.p999Ms && latency.p999Ms <= latency.maxMs, stdout);
    assert.ok(lag.p99Ms <= lag.maxMs, stdout);
  });

  test("tells errors by code and reason, and exits with 1 where no call was answered", async (t) => {
    const { address } = await serveOrders(t);
    const argv = ["bench", "shop.Orders.fail", "--address", address, "--in-flight", "2", ...briefly];
    const { exitCode, stdout } = await rpc(argv);
    assert.equal(exitCode, 1);
    assert.match(stdout, /^errors +[\d,]+ × failed_precondition OUT_OF_STOCK: there is no tea$/m);
    assert.match(stdout, /^latency +no call was answered$/m);
  });

  test("measures no stream, no method that is not there, and nothing that cannot be reached", async (t) => {
    const { address } = await serveOrders(t);
    const refused = async (...argv: string[]) => {
      const { exitCode, stdout, stderr } = await rpc(["bench", ...argv]);
      assert.equal(stdout, "");
      return [exitCode, stderr] as const;
    };
    const at = ["--address", address];
    const said = async (wanted: RegExp, ...argv: string[]) => assert.match((await refused(...argv)).join(), wanted);
    await said(
      /^2,rpc: shop\.Orders\.count is a stream \(server\): rpc bench measures calls/,
      "shop.Orders.count",
      "3",
      ...at,
    );
    await said(/^1,rpc: shop\.Orders has no method plac; did you mean place\?/, "shop.Orders.plac", ...at);
    await said(/^1,rpc: nobody serves shop\.Order at .*did you mean shop\.Orders\?/, "shop.Order.place", ...at);
    await said(/^2,rpc: "place" is no method: write Orders\.place/, "place", ...at);
    await said(/^2,rpc: argument 1 is not JSON/, "shop.Orders.echo", "tea", ...at);
    await said(/^2,rpc: --seconds must be a number/, "shop.Orders.echo", "--seconds", "soon", ...at);
    await said(/^2,rpc: --connections must be.*from 1 to 1024/, "a.b", "--connections", "5000");
    await said(/^3,rpc: .*ECONNREFUSED/, "a.b", "--address", "tcp://127.0.0.1:1");
    await said(/^1,rpc: nobody serves a at file:/, "a.b", "--registry", await openDirectory(t));
  });

  test("Ctrl-C prints what there is, at once, and exits with 130", async (t) => {
    const { address } = await serveOrders(t);
    const argv = ["bench", "shop.Orders.echo", "--address", address, "--seconds", "600", "--warm-up-seconds", "0"];
    const { exitCode, stdout, stderr } = await rpc(argv, { interruptAfterMs: 300 });
    assert.deepEqual([exitCode, stderr], [130, "rpc: interrupted\n"]);
    assert.match(stdout, /\d+\.\d s measured \(interrupted\)/);
    assert.match(stdout, /[1-9][\d,]* ok, 0 failed/);
    const never = await rpc(["bench", "shop.Orders.never", "--address", address], { interruptAfterMs: 100 });
    assert.deepEqual(never, { exitCode: 130, stdout: "", stderr: "rpc: interrupted\n" });
  });

  test("the progress bar is never wider than the terminal", () => {
    const tally = new Tally();
    for (let each = 0; each < 1_234; each++) tally.succeeded(1);
    tally.failedWith(new Error("no"));
    for (const columns of [1, 5, 20, 40, 80, 200]) {
      const line = progressBar({ phase: "measuring", elapsedMs: 500, forMs: 1_000, tally }, columns);
      assert.ok(line.length < columns || columns === 1, `${columns}: ${line}`);
    }
    assert.equal(
      progressBar({ phase: "measuring", elapsedMs: 500, forMs: 1_000, tally }, 80),
      "[###############...............]  50 % 2468 ok/s, 1 failed",
    );
  });
});
