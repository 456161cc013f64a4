import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bind, createClient, createDispatcher, defineService, RpcError } from "@rpc/core";
import type { Contract, Schema } from "../contract.js";
import { validating } from "./validating.js";

interface Order {
  readonly id: string;
  readonly lines: readonly { readonly amount: number }[];
  readonly at?: Date;
}
interface Shop {
  place(order: Order, ...tags: string[]): Promise<string>;
  upload(name: string, sizes: AsyncIterable<number>): Promise<number>;
  untold(value: unknown): Promise<string>;
}

const order: Schema = {
  type: "object",
  properties: {
    id: { type: "string" },
    lines: {
      type: "array",
      items: { type: "object", properties: { amount: { type: "number" } }, required: ["amount"] },
    },
    at: { tsType: "Date" },
  },
  required: ["id", "lines"],
};
const contract: Contract = {
  format: 1,
  services: {
    Shop: {
      types: { Order: order },
      methods: {
        place: {
          signature: "place(order: Order, ...tags: string[]): Promise<string>",
          kind: "unary",
          parameters: [
            { name: "order", schema: { $ref: "#/types/Order" } },
            { name: "tags", schema: { type: "string" }, rest: true },
          ],
          result: { type: "string" },
        },
        upload: {
          signature: "upload(name: string, sizes: AsyncIterable<number>): Promise<number>",
          kind: "client",
          parameters: [
            { name: "name", schema: { type: "string" } },
            { name: "sizes", schema: { type: "number" }, stream: true },
          ],
          result: { type: "number" },
        },
      },
    },
  },
};

const ShopService = defineService<Shop>("Shop", { place: {}, upload: { stream: "client" }, untold: {} });

function shop() {
  const ran: unknown[] = [];
  const binding = bind(ShopService, {
    place: async (order) => {
      ran.push(order);
      return "placed";
    },
    upload: async (_name, sizes) => {
      let sum = 0;
      for await (const size of sizes) {
        sum += size;
        ran.push(sum);
      }
      return sum;
    },
    untold: async () => "told",
  });
  return { client: createClient(ShopService, createDispatcher([binding], [validating(contract)]).invoke), ran };
}

/** Arguments as a caller without types gives them. */
const loose = (value: unknown): never => value as never;

describe("validating", () => {
  const wrong: readonly (readonly [input: readonly unknown[], says: string])[] = [
    [[], "order: expected an object (Order), got nothing"],
    [
      [{ id: "secret", lines: [{ amount: 1 }, { amount: "secret" }] }],
      "order.lines[1].amount: expected a number, got a string",
    ],
    [[{ id: "secret", lines: [], at: "secret" }], "order.at: expected a Date, got a string"],
    [[{ lines: [] }], "order.id: expected a string, got nothing"],
    [[new Map()], "order: expected an object (Order), got a Map"],
    [[{ id: "1", lines: [] }, "a", 2], "tags[1]: expected a string or nothing, got a number"],
  ];
  for (const [input, says] of wrong)
    test(`a wrong call is told where and what, and no value is quoted: ${says}`, async () => {
      const { client, ran } = shop();
      await assert.rejects(client.place(...(input as [never])), (error) => {
        assert.ok(error instanceof RpcError);
        assert.deepEqual([error.code, error.reason], ["invalid_argument", "INVALID_ARGUMENTS"]);
        assert.equal(error.message, `Shop.place: ${says}`);
        return true;
      });
      assert.deepEqual(ran, []);
    });

  test("a right call goes through, whatever came before it", async () => {
    const { client } = shop();
    const right = { id: "1", lines: [{ amount: Number.NaN }], at: new Date() };
    await assert.rejects(client.place(loose(5)));
    assert.equal(await client.place(right, "a", "b"), "placed");
    assert.equal(await client.place({ ...right, more: 1 } as Order), "placed");
  });

  test("a method that the contract does not have is let through: it was added since", async () => {
    assert.equal(await shop().client.untold(5), "told");
  });

  test("an argument too many is refused, since it would be dropped in silence", async () => {
    const { client } = shop();
    const input: readonly unknown[] = ["a", items(1), 3];
    await assert.rejects(
      client.upload(...(input as [never, never])),
      /the arguments: expected 2 arguments at most, got 3/,
    );
  });

  test("each item of a stream is checked as it is read, and the one that is wrong fails the call", async () => {
    const { client, ran } = shop();
    assert.equal(await client.upload("a", items(1, 2)), 3);
    let left = false;
    const broken = async function* () {
      try {
        yield 5;
        yield loose("six");
        yield 7;
      } finally {
        left = true;
      }
    };
    await assert.rejects(client.upload("a", broken()), (error) => {
      assert.ok(error instanceof RpcError);
      assert.equal(error.reason, "INVALID_ARGUMENTS");
      assert.equal(error.message, "Shop.upload: an item of sizes: expected a number, got a string");
      return true;
    });
    assert.deepEqual(ran, [1, 3, 5]);
    assert.equal(left, true, "the caller's generator was left");
  });

  test("what is no contract is refused when the server is made, not at the first call", () => {
    assert.throws(() => validating({ format: 1 } as never), { reason: "BAD_CONTRACT" });
  });
});

async function* items(...sizes: number[]): AsyncGenerator<number> {
  yield* sizes;
}
