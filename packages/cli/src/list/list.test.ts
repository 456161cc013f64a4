import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { tokens } from "@rpc/core";
import { rpc } from "../io.fixture.js";
import { openDirectory, serveOrders } from "../served.fixture.js";

describe("rpc list", () => {
  test("shows the services of a registry with their instances, in columns and as JSON", async (t) => {
    const { registry, server } = await serveOrders(t, { version: "1.2.3", zone: "north", instance: "orders-1" });
    const { exitCode, stdout, stderr } = await rpc(["list", "--registry", registry]);
    assert.deepEqual([exitCode, stderr], [0, ""]);
    assert.match(stdout, /^SERVICE +INSTANCE +ADDRESS +VERSION +STATE/);
    assert.match(stdout, /^shop\.Orders +orders-1 +tcp:\S+ +1\.2\.3 +active +1 +zone=north$/m);
    await server.setState({ inactive: true, weight: 2 });
    const json = await rpc(["list", "shop.Orders", "--json"], { env: { RPC_REGISTRY: registry } });
    const [service] = JSON.parse(json.stdout).services;
    const { address } = server;
    const tags = { version: "1.2.3", zone: "north" };
    assert.deepEqual(service, {
      name: "shop.Orders",
      instances: [{ id: "orders-1", address, version: "1.2.3", state: "inactive", weight: 2, tags }],
    });
  });

  test("asks one instance what it serves, and who it is", async (t) => {
    const { address } = await serveOrders(t, { instance: "orders-1" });
    const { exitCode, stdout } = await rpc(["list", "--address", address]);
    assert.equal(exitCode, 0);
    assert.match(stdout, /^orders-1: serving for \d+ s, @rpc\/core \d/);
    assert.match(stdout, /^shop\.Orders +place echo fail never nothing count sum double order$/m);
    const { instance, services } = JSON.parse((await rpc(["list", "--address", address, "--json"])).stdout);
    assert.deepEqual(
      [instance.id, services[0].methods[5]],
      ["orders-1", { name: "count", kind: "server", idempotent: false }],
    );
  });

  test("says that nobody is there, and who may have been meant", async (t) => {
    const empty = await rpc(["list", "--registry", await openDirectory(t)]);
    assert.deepEqual([empty.exitCode, empty.stdout], [0, ""]);
    assert.match(empty.stderr, /^nothing is registered at file:.*; another cluster is looked at by --cluster\n$/);
    const { registry } = await serveOrders(t);
    const misspelt = await rpc(["list", "shop.Order", "--registry", registry]);
    assert.equal(misspelt.exitCode, 1);
    assert.match(misspelt.stderr, /^rpc: nobody serves shop\.Order at file:.*; did you mean shop\.Orders\?\n$/);
  });
});

/** Something that takes connections and says nothing. */
async function neverAnswering(t: TestContext): Promise<{ silent: Server; address: string }> {
  const silent = createServer((socket) => void t.after(() => socket.destroy())).listen(0, "127.0.0.1");
  await once(silent, "listening");
  t.after(() => silent.close());
  return { silent, address: `tcp://127.0.0.1:${(silent.address() as AddressInfo).port}` };
}

describe("what cannot be reached", () => {
  test("an address where nobody listens is told once, with exit code 3", async () => {
    const refused = await rpc(["list", "--address", "tcp://127.0.0.1:1"]);
    assert.equal(refused.exitCode, 3);
    assert.match(refused.stderr, /^rpc: asking tcp:\/\/127\.0\.0\.1:1 what it serves failed: .*nobody listens there/);
    assert.equal(refused.stderr.split("\n").length, 2);
  });

  test("a registry that is down is told in one message, with exit code 3, and without its password", async () => {
    const { exitCode, stdout, stderr } = await rpc(["list", "--registry", "redis://me:secret@127.0.0.1:1/shop"]);
    assert.deepEqual([exitCode, stdout], [3, ""]);
    assert.match(stderr, /^rpc: the registry redis:\/\/127\.0\.0\.1:1\/shop cannot be read: /);
    assert.doesNotMatch(stderr, /secret|\n {4}at /);
  });

  test("Ctrl-C ends the wait with exit code 130", async (t) => {
    const { silent, address } = await neverAnswering(t);
    const interrupt = new AbortController();
    const ran = rpc(["list", "--address", address], { interrupt, interruptWhen: silent });
    assert.deepEqual(await ran, { exitCode: 130, stdout: "", stderr: "rpc: interrupted\n" });
  });
});

test("instances of another cluster are found by its name, of the command line or of the environment", async (t) => {
  const { registry } = await serveOrders(t, { cluster: "shop" });
  const inRegistry = `${registry}?cluster=default`;
  const call = (options: readonly string[], env = {}) =>
    rpc(["call", "shop.Orders.echo", "1", "--registry", inRegistry, ...options], { env });
  assert.equal((await call(["--cluster", "shop"])).stdout, "[1]\n");
  assert.equal((await call([], { RPC_CLUSTER: "shop" })).stdout, "[1]\n");
  const wrong = await call([]);
  assert.equal(wrong.exitCode, 3);
  assert.match(wrong.stderr, /cluster/);
  const other = await rpc(["list", "--registry", registry, "--cluster", "shop"]);
  assert.match(other.stderr, /^nothing is registered at file:\S+ \(cluster shop\);/);
});

describe("how instances and registries are named", () => {
  test("what is no registry, what a URL does not know, and both at once are refused with exit code 2", async () => {
    const refused = async (argv: readonly string[], said: RegExp): Promise<void> => {
      const { exitCode, stderr } = await rpc(["list", ...argv]);
      assert.equal(exitCode, 2);
      assert.match(stderr, said);
    };
    await refused(["--registry", "foo://x"], /foo:\/\/x is no registry.*etcd:\/\/.*zookeeper:/s);
    await refused(["--registry", "etcd://127.0.0.1/x?tll=5"], /nothing is called "tll" there: etcd:/);
    await refused(
      ["--registry", "etcd:127.0.0.1:2379"],
      /etcd:127\.0\.0\.1:2379 lacks the \/\/ behind etcd: it is etcd:\/\//,
    );
    await refused(["--registry", "consul://a,b"], /names several hosts/);
    await refused(["--registry", "dns://127.0.0.1"], /the name of a service's instances/);
    await refused(["--registry", "file:", "--address", "tcp://127.0.0.1:1"], /exclude each other/);
    await refused(["--address", "tcp://127.0.0.1:1", "--cert", "a.pem"], /--cert and --key are given together/);
    await refused(
      ["--address", "tcp://127.0.0.1:1", "--ca", "no/such.pem"],
      /--ca: no\/such\.pem cannot be read: ENOENT/,
    );
    await refused(
      ["--address", "tcp://127.0.0.1:1", "--token-file", "none"],
      /--token-file: none cannot be read: ENOENT/,
    );
  });

  test("a token comes from the environment or a file, and is in no message", async (t) => {
    const { address } = await serveOrders(t, { authenticate: tokens(["the token"]) });
    const good = await rpc(["list", "--address", address], { env: { RPC_TOKEN: "the token\n" } });
    assert.equal(good.exitCode, 0);
    const bad = await rpc(["list", "--address", address, "--verbose"], { env: { RPC_TOKEN: "another" } });
    assert.equal(bad.exitCode, 1);
    assert.match(bad.stderr, /UNAUTHENTICATED.*--token-file, or from \$RPC_TOKEN/s);
    assert.doesNotMatch(bad.stderr, /another/);
  });
});
