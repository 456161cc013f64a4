import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { bind, defineService, RpcError, type Server, type ServeSettings, serve } from "@rpc/core";
import { contracts, type ServiceContract } from "@rpc/schema";
import type { Io } from "./io.js";
import { loadRegistry } from "./target/load-registry.js";
import { registryUrl } from "./target/registry-url.js";

export interface Orders {
  place(order: unknown, count?: number): unknown;
  /** Answers with its arguments, and with the metadata that came with the call. */
  echo(...values: unknown[]): unknown;
  fail(): never;
  never(): void;
  nothing(): void;
  count(to: number): AsyncIterable<unknown>;
  sum(numbers: AsyncIterable<number>): number;
  double(numbers: AsyncIterable<number>): AsyncIterable<number>;
}

export const OrdersService = defineService<Orders>("shop.Orders", {
  place: { idempotent: true, alias: "order" },
  echo: {},
  fail: {},
  never: {},
  nothing: {},
  count: { stream: "server" },
  sum: { stream: "client" },
  double: { stream: "duplex" },
});

const orders = bind(OrdersService, {
  place: (order, count = 1) => ({ order, count, at: new Date(0) }),
  echo: (...values) => values,
  fail: () => {
    throw new RpcError("failed_precondition", "there is no tea", { reason: "OUT_OF_STOCK", details: { left: 0 } });
  },
  never: () => new Promise<void>(() => {}),
  nothing: () => {},
  async *count(to) {
    for (let number = 1; number <= to; number++) yield { number };
  },
  async sum(numbers) {
    let sum = 0;
    for await (const number of numbers) sum += number;
    return sum;
  },
  async *double(numbers) {
    for await (const number of numbers) yield number * 2;
  },
});

/** What orders promise, as `rpc generate` would write it. */
export const ordersContract: ServiceContract = {
  description: "Takes orders.",
  methods: {
    place: {
      description: "Takes an order.",
      signature: "place(order: Order, count?: number): Promise<Placed>",
      kind: "unary",
      idempotent: true,
      timeoutMs: 5_000,
      alias: ["order"],
      parameters: [
        { name: "order", schema: { $ref: "#/types/Order" } },
        { name: "count", schema: { type: "number" }, optional: true },
      ],
      result: { $ref: "#/types/Placed" },
    },
    sum: {
      signature: "sum(numbers: AsyncIterable<bigint>): Promise<bigint>",
      kind: "client",
      parameters: [{ name: "numbers", schema: { tsType: "bigint" }, stream: true }],
      result: { tsType: "bigint" },
    },
  },
  types: {
    Order: {
      description: "What somebody wants.",
      type: "object",
      properties: {
        at: { tsType: "Date" },
        lines: { tsType: "Map", keys: { type: "string" }, values: { tsType: "bigint" } },
        kind: { enum: ["new", "again"], description: "Whether it is repeated." },
      },
      required: ["at", "lines"],
    },
    Placed: {
      type: "object",
      properties: { order: { $ref: "#/types/Order" }, count: { type: "number" } },
      required: ["order", "count"],
    },
    Unused: { type: "object", properties: {}, required: [] },
  },
  errors: [
    {
      name: "OutOfStock",
      reason: "OUT_OF_STOCK",
      code: "failed_precondition",
      details: { type: "object", properties: { left: { type: "number" } }, required: ["left"] },
    },
  ],
};

/** A server of orders, and where commands find it. */
export interface Served {
  readonly server: Server;
  /** Of a file registry of the test's own: `--registry`. */
  readonly registry: string;
  /** `--address`. */
  readonly address: string;
}

/** Serves orders, registered in a directory of the test's own, until the test ends. */
export async function serveOrders(t: TestContext, settings: ServeSettings = {}): Promise<Served> {
  const registry = await openDirectory(t);
  const made = await loadRegistry(registryUrl(registry), undefined, { cwd: process.cwd(), env: {} } as unknown as Io);
  const server = await serve({ services: [orders], registry: made, drainMs: 100, ...settings });
  t.after(async () => {
    await server.close();
    await made.close();
  });
  return { server, registry, address: server.address };
}

/** Serves orders at an address, with their contract. */
export async function serveWithContract(t: TestContext): Promise<string> {
  const contract = contracts({ format: 1, services: { "shop.Orders": ordersContract } });
  const server = await serve({ services: [orders], contract });
  t.after(() => server.close());
  return server.address;
}

/** Returns the URL of a file registry in which nobody is. */
export async function openDirectory(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rpc-cli-"));
  t.after(() => rm(folder, { recursive: true }));
  return `file:${join(folder, "registry")}`;
}
