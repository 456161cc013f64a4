import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { p2cPeakEwma } from "@rpc/balancer";
import { type Client, type Connector, connect, defineService, RpcError } from "@rpc/core";
import { fileRegistry } from "@rpc/registry-file";

/** The shop's `Orders`, as somebody would write it down who does not have its code. */
interface Orders {
  place(orderId: string, request: { customer: string; lines: { product: string; quantity: number }[] }): Placed;
}

interface Placed {
  readonly orderId: string;
  readonly customer: string;
  readonly lines: readonly { product: string; quantity: number; unitCents: number }[];
  readonly placement: string;
}

const request = {
  customer: "Ada",
  lines: [
    { product: "apple", quantity: 10 },
    { product: "bread", quantity: 1 },
  ],
};

describe("the shop over the wire", () => {
  let folder: string;
  let server: ChildProcess;
  let connector: Connector;
  let orders: Client<Orders>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "shop-orders-test-"));
    const [store, directory] = [join(folder, "store"), join(folder, "registry")];
    server = fork(new URL("../../examples/shop/dist/server.js", import.meta.url), {
      env: { ...process.env, SHOP_STORE: store, SHOP_REGISTRY: directory, SHOP_CLUSTER: "test" },
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    await once(server, "message");
    const registry = fileRegistry({ directory, cluster: "test" });
    connector = connect({ registry, balancer: p2cPeakEwma, cluster: "test" });
    orders = connector.client(defineService<Orders>("Orders", { place: { idempotent: true } }));
  });

  after(async () => {
    await connector.close();
    server.kill("SIGTERM");
    await once(server, "exit");
    rmSync(folder, { recursive: true, force: true });
  });

  const stored = (shelf: string): string[] => readdirSync(join(folder, "store", shelf)).sort();

  test("an order that is placed again, also at the same moment, is the one that was placed first", async () => {
    const placed = await Promise.all(Array.from({ length: 20 }, () => orders.place("again", request)));
    for (const order of placed) assert.deepEqual(order, placed[0]);
    assert.deepEqual(placed[0]?.lines, [
      { product: "apple", quantity: 10, unitCents: 40 },
      { product: "bread", quantity: 1, unitCents: 349 },
    ]);
    assert.deepEqual(JSON.parse(readFileSync(join(folder, "store", "orders", "again.json"), "utf8")), placed[0]);
    assert.deepEqual(await orders.place("again", request), placed[0]);
  });

  test("an id never stands for two orders: other content is refused, and the first order stays", async () => {
    const first = await orders.place("taken", request);
    for (const other of [
      { ...request, customer: "Alan" },
      { ...request, lines: request.lines.slice(1) },
    ]) {
      await assert.rejects(orders.place("taken", other), (error) =>
        isRefusal(error, "already_exists", "OTHER_CONTENT"),
      );
    }
    assert.deepEqual(await orders.place("taken", request), first);
  });

  test("an order that cannot be placed leaves nothing in the store, and says why", async () => {
    const before = [stored("orders"), stored("reservations")];
    const line = (product: string, quantity: number) => ({ customer: "Ada", lines: [{ product, quantity }] });
    await assert.rejects(orders.place("a", line("moon", 1)), (error) => isRefusal(error, "not_found", "NO_PRODUCT"));
    await assert.rejects(orders.place("a", line("__proto__", 1)), (error) =>
      isRefusal(error, "not_found", "NO_PRODUCT"),
    );
    for (const quantity of [0, -1, 1.5, Number.NaN]) {
      await assert.rejects(orders.place("a", line("apple", quantity)), (e) =>
        isRefusal(e, "invalid_argument", "BAD_LINES"),
      );
    }
    await assert.rejects(orders.place("a", line("apple", 101)), (e) =>
      isRefusal(e, "failed_precondition", "OUT_OF_STOCK"),
    );
    for (const id of ["", "../a", "A", "a".repeat(65), "a/b", "a\0"]) {
      await assert.rejects(orders.place(id, request), (e) => isRefusal(e, "invalid_argument", "BAD_ORDER_ID"), id);
    }
    assert.deepEqual([stored("orders"), stored("reservations")], before);
    assert.deepEqual(stored("drafts"), []);
  });
});

function isRefusal(error: unknown, code: string, reason: string): boolean {
  assert.ok(error instanceof RpcError);
  assert.deepEqual([error.code, error.reason], [code, reason], error.message);
  return true;
}
