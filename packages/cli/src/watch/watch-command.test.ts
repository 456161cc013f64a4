import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connect } from "@rpc/core";
import { Interrupted } from "../cli-error.js";
import { rpc } from "../io.fixture.js";
import { OrdersService, serveOrders } from "../served.fixture.js";

const quickly = ["--interval-ms", "100"];

describe("rpc watch", () => {
  test("tells as JSON who comes, what they do, and who has gone; Ctrl-C ends it with 130", async (t) => {
    const first = await serveOrders(t, { instance: "orders-1", version: "2" });
    const connector = connect({ address: first.address });
    const orders = connector.client(OrdersService);
    const load = setInterval(() => {
      orders.echo(1).catch(() => {});
      orders.fail().catch(() => {});
    }, 5);
    t.after(async () => {
      clearInterval(load);
      await connector.close();
    });
    const interrupt = new AbortController();
    let events: Record<string, unknown>[] = [];
    const seen = (kind: string): boolean => events.some((event) => event["kind"] === kind);
    const onStdout = (said: string): void => {
      events = said
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      if (seen("figures") && !seen("gone")) void first.server.close();
      if (seen("gone")) interrupt.abort(new Interrupted());
    };
    const argv = ["watch", "--json", "--registry", first.registry, ...quickly];
    const { exitCode } = await rpc(argv, { interrupt, onStdout });
    assert.equal(exitCode, 130);
    assert.deepEqual(
      events.filter(({ kind }) => kind === "came").map(({ service, instance, tags }) => ({ service, instance, tags })),
      [{ service: "shop.Orders", instance: "orders-1", tags: { version: "2" } }],
    );
    const figures = events.find(({ kind }) => kind === "figures")!;
    assert.equal(figures["state"], "serving");
    assert.ok(Number(figures["callsPerSecond"]) > 0 && Number(figures["failedPerSecond"]) > 0, JSON.stringify(figures));
    assert.equal(events.at(-1)?.["kind"], "gone");
  });

  test("an instance that cannot be reached, or does not tell everybody, is shown with the reason", async (t) => {
    const { address } = await serveOrders(t, { reflection: false });
    const untold = await rpc(["watch", "--address", address, "--seconds", "0.4", ...quickly]);
    assert.equal(untold.exitCode, 0);
    assert.match(untold.stdout, / is unreachable: it does not tell: its reflection is switched off$/m);
    const nobody = await rpc(["watch", "--address", "tcp://127.0.0.1:1", "--seconds", "0.4", ...quickly]);
    assert.equal(nobody.exitCode, 0);
    assert.match(nobody.stdout, /^\S+ \* at tcp:\/\/127\.0\.0\.1:1 is unreachable: cannot connect.*ECONNREFUSED/m);
  });
});
