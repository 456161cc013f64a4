import "reflect-metadata/lite";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bind, defineService, type Logger, RpcError } from "@rpc/core";
import { type Contract, contracts, type MethodContract, type Schema } from "@rpc/schema";
import { Method } from "../notes/method.js";
import { Service } from "../notes/service.js";
import { serviceOf } from "../service/service-of.js";
import { refusal } from "../start-up-error.fixture.js";
import type { AppOptions } from "./app-options.js";
import { createApp } from "./create-app.js";
import { memoryApps } from "./memory-apps.fixture.js";

@Service({ name: "Orders", alias: "Bestellungen" })
class Orders {
  @Method()
  place(order: { readonly amount: number }): number {
    return order.amount * 2;
  }

  @Method({ stream: "client" })
  async sum(amounts: AsyncIterable<number>): Promise<number> {
    let sum = 0;
    for await (const amount of amounts) sum += amount;
    return sum;
  }
}

const order: Schema = { type: "object", properties: { amount: { type: "number" } }, required: ["amount"] };
const place: MethodContract = {
  signature: "place(order: Order): Promise<number>",
  kind: "unary",
  parameters: [{ name: "order", schema: { $ref: "#/types/Order" } }],
  result: { type: "number" },
};
const sum: MethodContract = {
  signature: "sum(amounts: AsyncIterable<number>): Promise<number>",
  kind: "client",
  parameters: [{ name: "amounts", schema: { type: "number" }, stream: true }],
  result: { type: "number" },
};
const contractOf = (methods: Record<string, MethodContract>): Contract => ({
  format: 1,
  services: { Orders: { types: { Order: order }, methods } },
});
const contract = contractOf({ place, sum });
/** What a caller without types gives. */
const wrong = { amount: "secret" } as never;
const invalid = (message: string) => ({ code: "invalid_argument", reason: "INVALID_ARGUMENTS", message });

describe("createApp with a contract", () => {
  test("a wrong argument is refused before the method runs, under each of the service's names; a right one is taken", async () => {
    for (const given of [contract, contracts(contract)]) {
      const apps = memoryApps();
      const app = await apps.start({ contract: given, services: [Orders, { service: Orders, name: "OrdersEu" }] });
      for (const name of ["Orders", "OrdersEu", "Bestellungen"]) {
        const orders = app.client(serviceOf(Orders, name));
        assert.equal(await orders.place({ amount: 2 }), 4);
        await assert.rejects(
          orders.place(wrong),
          invalid(`${name}.place: order.amount: expected a number, got a string`),
        );
      }
      await assert.rejects(
        app.client(Orders).sum(items(1, "two" as never)),
        invalid("Orders.sum: an item of amounts: expected a number, got a string"),
      );
      await apps.stop();
    }
  });

  test("what the app's interceptors refuse is refused first, and validate: false lets everything through", async () => {
    const apps = memoryApps();
    const serve: NonNullable<AppOptions["serve"]> = {
      interceptors: [() => () => Promise.reject(new RpcError("permission_denied", "not you"))],
    };
    const guarded = await apps.start({ contract, services: [Orders], serve });
    await assert.rejects(guarded.client(Orders).place(wrong), { code: "permission_denied" });
    await apps.stop();

    const others = memoryApps();
    const open = await others.start({ contract, services: [Orders], validate: false });
    assert.ok(Number.isNaN(await open.client(Orders).place(wrong)));
    await others.stop();
  });

  test("what an app offers on its own connections is checked too", async () => {
    interface Caller {
      back(): Promise<string>;
    }
    const CallerService = defineService<Caller>("Caller", { back: {} });
    const apps = memoryApps();
    const server = await apps.start({ services: [bind(CallerService, { back: async () => "" })] });
    let connected: Promise<unknown> | undefined;
    server.onPeer((peer) => {
      connected = server.client(Orders, peer).place(wrong);
      connected.catch(() => {});
    });
    const client = await apps.make({ contract, services: [Orders], listen: false });
    await client.client(CallerService).back();
    await assert.rejects(async () => connected, invalid("Orders.place: order.amount: expected a number, got a string"));
    await apps.stop();
  });

  test("the log says which services are checked and which are not", async () => {
    const OtherService = defineService<{ go(): void }>("Other", { go: {} });
    const other = bind(OtherService, { go: () => {} });
    const said: unknown[] = [];
    const logger: Logger = {
      debug() {},
      warn() {},
      error() {},
      info: (message, fields) => said.push([message, fields]),
    };
    for (const [validate, wanted] of [
      [true, ["arguments are checked by the contract", { services: ["Orders"], unchecked: ["Other"] }]],
      [false, ["arguments are not checked", { services: ["Orders", "Other"] }]],
    ] as const) {
      const apps = memoryApps();
      await apps.start({ contract, services: [Orders, other], logger, validate });
      assert.deepEqual(said.splice(0)[1], wanted);
      await apps.stop();
    }
  });

  test("an app fails at start where the contract was written from other classes, and says what does not fit", async () => {
    const cases: readonly (readonly [given: unknown, ...words: string[]])[] = [
      [contractOf({ place, sum, cancel: place }), "it has Orders.cancel", "the class Orders offers no such method"],
      [contractOf({ place }), "it has no Orders.sum, which the class Orders offers", "rpc generate"],
      [
        contractOf({ place, sum: { ...sum, kind: "unary" } }),
        "Orders.sum streams nothing in it, and streams arguments",
      ],
      [{ format: 2 }, "format: expected 1"],
      [{ services: [] }, "format: expected 1"],
    ];
    for (const [given, ...words] of cases)
      await assert.rejects(
        createApp({ contract: given as Contract, services: [Orders], logger: false }),
        refusal("BAD_CONTRACT", ...words),
      );
    await assert.rejects(createApp({ contract: "contract.json" as never }), refusal("BAD_OPTION", "contract"));
  });

  test("two apps of different contracts find out: the caller's log has it once, and so have the errors", async () => {
    const apps = memoryApps();
    const wider = { ...order, properties: { amount: { type: "string" } } } as const;
    const theirs: Contract = {
      format: 1,
      services: { Orders: { types: { Order: wider }, methods: { place, sum } } },
    };
    await apps.start({ contract: theirs, services: [Orders] });
    const warned: unknown[] = [];
    const logger: Logger = { debug() {}, info() {}, error() {}, warn: (...line) => warned.push(line) };
    const caller = await apps.make({ contract, logger });
    const orders = caller.client(Orders);
    let error: unknown;
    // The contract is fetched beside the calls, and not on their way.
    for (let call = 0; call < 200 && !String(error).includes("contract"); call++)
      error = await orders.place({ amount: 1 }).catch((thrown: unknown) => thrown);
    assert.equal(
      (error as Error).message,
      "Orders.place: order.amount: expected a string, got a number (its server's contract differs: order.amount took number, and takes string now)",
    );
    assert.equal(warned.length, 1);
    await apps.stop();
  });
});

async function* items<T>(...all: readonly T[]): AsyncGenerator<T> {
  yield* all;
}
