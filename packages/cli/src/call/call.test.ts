import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, test } from "node:test";
import type { Head } from "@rpc/core";
import { type Ran, type RunOptions, rpc } from "../io.fixture.js";
import { openDirectory, serveOrders, serveWithContract } from "../served.fixture.js";

/** Calls a method of the orders at an address. */
const calling =
  (address: string) =>
  (argv: readonly string[], options?: RunOptions): Promise<Ran> =>
    rpc(["call", `shop.Orders.${argv[0]}`, ...argv.slice(1), "--address", address], options);

describe("rpc call", () => {
  test("gives the method its arguments, and prints its answer", async (t) => {
    const { registry } = await serveOrders(t);
    const { exitCode, stdout, stderr } = await rpc([
      "call",
      "shop.Orders.place",
      '{"tea": 2}',
      "3",
      "--registry",
      registry,
    ]);
    assert.deepEqual([exitCode, stderr], [0, ""]);
    assert.equal(stdout, '{"order":{"tea":2},"count":3,"at":{"$date":"1970-01-01T00:00:00.000Z"}}\n');
    const other = await rpc(["call", "/shop.Orders/order", "1", "--json"], { env: { RPC_REGISTRY: registry } });
    assert.equal(JSON.parse(other.stdout).order, 1);
  });

  test("reads arguments from files and from stdin, and what JSON has no form for by its tag", async (t) => {
    const call = calling((await serveOrders(t)).address);
    const cwd = await mkdtemp(join(tmpdir(), "rpc-call-"));
    t.after(() => rm(cwd, { recursive: true }));
    await writeFile(join(cwd, "order.json"), '{\n  "id": {"$bigint": "7"}\n}\n');
    const { stdout } = await call(["echo", "@order.json", "-", '"@text"'], { cwd, stdin: "[true,\n null]" });
    assert.deepEqual(JSON.parse(stdout), [{ id: { $bigint: "7" } }, [true, null], "@text"]);
    const missing = await call(["echo", "@none.json"], { cwd });
    assert.deepEqual([missing.exitCode, missing.stderr], [2, "rpc: argument 1: none.json cannot be read: ENOENT\n"]);
  });

  test("prints nothing for a method that returns nothing, and null as JSON", async (t) => {
    const { address } = await serveOrders(t);
    const call = calling(address);
    assert.deepEqual(await call(["nothing"]), { exitCode: 0, stdout: "", stderr: "" });
    assert.equal((await call(["nothing", "--json"])).stdout, "null\n");
    const instance = await rpc(["call", "rpc.Reflection.instance", "--address", address]);
    assert.equal(JSON.parse(instance.stdout).state, "serving", "what every server serves beside that");
  });

  test("prints the items of a stream a line each, and reads those of an argument from stdin", async (t) => {
    const call = calling((await serveOrders(t)).address);
    assert.equal((await call(["count", "3"])).stdout, '{"number":1}\n{"number":2}\n{"number":3}\n');
    assert.equal((await call(["sum"], { stdin: "1\n2\n\n3" })).stdout, "6\n");
    assert.equal((await call(["double"], { stdin: "1\n2\n" })).stdout, "2\n4\n");
    const wrong = await call(["sum"], { stdin: "1\ntwo\n3\n" });
    assert.equal(wrong.exitCode, 2);
    assert.match(wrong.stderr, /^rpc: line 2 of stdin is not JSON: line 1, column 1: a value is expected, not "two"/);
  });

  test("sends metadata and a deadline along, and explains itself", async (t) => {
    const seen: object[] = [];
    const authorize = ({ method, metadata }: Head) => {
      if (method.service === "shop.Orders") seen.push({ ...metadata });
      return undefined;
    };
    const call = calling((await serveOrders(t, { authorize })).address);
    const late = await call(["never", "--timeout-ms", "1000"]);
    assert.equal(late.exitCode, 1);
    assert.match(late.stderr, /^rpc: shop\.Orders\.never failed: .*deadline_exceeded/);
    const { exitCode, stderr } = await call(["echo", "-m", "user=me", "-m", "Trace=a=b", "--explain"]);
    assert.equal(exitCode, 0);
    assert.deepEqual(seen, [{}, { user: "me", trace: "a=b" }]);
    assert.match(stderr, /^\/shop\.Orders\/echo: ok in [\d.]+ ms, failover.*\n {2}1\. went to tcp:/);
    const explained = await call(["echo", "--explain", "--json"]);
    assert.equal(JSON.parse(explained.stderr).explanation.outcome, "ok");
  });

  test("calls the instance that is asked for, and says which there are", async (t) => {
    const { registry } = await serveOrders(t, { instance: "one" });
    const call = (id: string) => rpc(["call", "shop.Orders.echo", "--registry", registry, "--instance", id]);
    assert.equal((await call("one")).exitCode, 0);
    const none = await call("two");
    assert.equal(none.exitCode, 1);
    assert.match(none.stderr, /shop\.Orders has no instance two at file:.*; it has one\n$/);
  });
});

describe("rpc call with a contract", () => {
  test("makes of JSON what the method takes: a Date of text, a bigint of digits, a Map of an object", async (t) => {
    const call = calling(await serveWithContract(t));
    const order = '{"at": "1970-01-01T00:00:00Z", "lines": {"tea": "12345678901234567890"}}';
    const { stdout, stderr } = await call(["place", order, "--json"]);
    assert.equal(stderr, "");
    const placed = {
      at: { $date: "1970-01-01T00:00:00.000Z" },
      lines: { $map: [["tea", { $bigint: "12345678901234567890" }]] },
    };
    assert.deepEqual(JSON.parse(stdout).order, placed);
    const alias = await call(["order", order, "2", "--json"]);
    assert.deepEqual([JSON.parse(alias.stdout).order, JSON.parse(alias.stdout).count], [placed, 2]);
  });

  test("names what is missing, too much, or cannot become what is wanted, before it calls", async (t) => {
    const call = calling(await serveWithContract(t));
    const refused = async (argv: readonly string[], said: RegExp, stdin = ""): Promise<void> => {
      const { exitCode, stderr } = await call(argv, { stdin });
      assert.equal(exitCode, 2);
      assert.match(stderr, said);
    };
    await refused(["place"], /wants order, which is missing: place\(order: Order, count\?: number\)/);
    await refused(["place", "{}", "1", "2"], /takes 2 arguments, and 3 are given/);
    await refused(["place", '{"at": "noon"}'], /^rpc: order\.at: "noon" cannot be a Date/);
    await refused(["sum"], /^rpc: line 2: "x" cannot be a bigint/, '"1"\n"x"\n');
  });
});

describe("a call that fails", () => {
  test("says why, whether the handler ran, and ends with 1; as JSON with its details", async (t) => {
    const call = calling((await serveOrders(t)).address);
    const { exitCode, stdout, stderr } = await call(["fail"]);
    assert.deepEqual([exitCode, stdout], [1, ""]);
    assert.equal(
      stderr,
      "rpc: shop.Orders.fail failed: there is no tea (failed_precondition / OUT_OF_STOCK, processed: yes)\n",
    );
    const { error } = JSON.parse((await call(["fail", "--json"])).stderr);
    assert.deepEqual([error.code, error.reason, error.details], ["failed_precondition", "OUT_OF_STOCK", { left: 0 }]);
  });

  test("for its input says where that is no JSON, before it connects", async () => {
    const { exitCode, stderr } = await rpc(["call", "Orders.place", '{"a": }', "--address", "tcp://127.0.0.1:1"]);
    assert.equal(exitCode, 2);
    assert.equal(stderr, 'rpc: argument 1 is not JSON: line 1, column 7: a value is expected, not "}"\n');
    const name = await rpc(["call", "place", "--address", "tcp://127.0.0.1:1"]);
    assert.deepEqual(
      [name.exitCode, name.stderr],
      [2, 'rpc: "place" is no method: write Orders.place, or /Orders/place\n'],
    );
    const metadata = await rpc(["call", "Orders.place", "-m", "x"]);
    assert.deepEqual([metadata.exitCode, metadata.stderr], [2, 'rpc: --metadata wants name=value, not "x"\n']);
    const timeout = await rpc(["call", "Orders.place", "--timeout-ms", "soon"]);
    assert.match(timeout.stderr, /--timeout-ms must be a whole number of 1 or more, not "soon"/);
  });

  test("since there is no such service or method says who may have been meant", async (t) => {
    const { registry, address } = await serveOrders(t);
    const said = async (...argv: string[]): Promise<string> => {
      const { exitCode, stderr } = await rpc(["call", ...argv]);
      assert.equal(exitCode, 1);
      return stderr;
    };
    assert.match(
      await said("shop.Order.place", "--registry", registry),
      /nobody serves shop\.Order at .*; did you mean shop\.Orders\?/,
    );
    assert.match(
      await said("shop.Order.place", "--address", address),
      /nobody serves shop\.Order at .*; did you mean shop\.Orders\?/,
    );
    assert.match(await said("shop.Orders.plase", "--registry", registry), /has no method plase; did you mean place\?/);
    assert.match(await said("shop.Orders.zzzzzzzz", "--registry", registry), /it has place, echo, fail/);
    assert.match(await said("shop.Orders.place", "--registry", await openDirectory(t)), /nobody serves shop\.Orders/);
  });

  test("does not need a server that tells what it serves", async (t) => {
    const { address } = await serveOrders(t, { reflection: false });
    const call = calling(address);
    assert.equal((await call(["echo", "1"])).stdout, "[1]\n");
    assert.equal((await call(["count", "1", "--stream", "server"])).stdout, '{"number":1}\n');
    assert.match((await call(["plase"])).stderr, /did you mean "place"/);
  });

  test("in the middle of a stream, since the user pressed Ctrl-C, lets go of everything with 130", async (t) => {
    const call = calling((await serveOrders(t)).address);
    const endless = await call(["count", "1e9"], { interruptAt: '{"number":5}' });
    assert.deepEqual([endless.exitCode, endless.stderr], [130, "rpc: interrupted\n"]);
    const waiting = await call(["never"], { interruptAfterMs: 100 });
    assert.deepEqual([waiting.exitCode, waiting.stdout], [130, ""]);
    const stdin = new PassThrough(); // nobody types, and nobody closes it
    const reading = await call(["sum"], { stdin, interruptAfterMs: 100 });
    assert.deepEqual([reading.exitCode, stdin.destroyed], [130, true]);
  });
});
