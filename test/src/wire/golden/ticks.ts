import type { TestContext } from "node:test";
import {
  bind,
  type Call,
  connect,
  defineService,
  type Interceptor,
  RpcError,
  type ServeOptions,
  serve,
} from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { atEnd } from "../ground/at-end.js";
import { inMemory } from "../ground/grounds.js";
import { raw } from "../raw/raw.js";

/** The service of the examples of streams in docs/protocol.md. */
interface Ticks {
  count(to: number): AsyncIterable<number>;
  total(how: string, numbers: AsyncIterable<number>): Promise<string>;
  double(texts: AsyncIterable<string>): AsyncIterable<string>;
}

const TicksService = defineService<Ticks>("Ticks", {
  count: { stream: "server" },
  total: { stream: "client" },
  double: { stream: "duplex" },
});

/** What the examples say beside their items. */
const counted: Interceptor = (next) => async (call) => {
  if (call.method.name !== "count" || call.input[0] !== 3) return next(call);
  call.replyMetadata = { zone: "b" };
  const items = (await next(call)) as AsyncIterable<unknown>;
  return (async function* () {
    yield* items;
    call.replyMetadata = { zone: "b", count: "3" };
  })();
};

async function* count(to: number): AsyncGenerator<number> {
  for (let next = 1; next <= (to < 0 ? 2 : to); next++) yield next;
  if (to < 0) throw new RpcError("invalid_argument", "not below zero", { reason: "NEGATIVE" });
}

async function total(how: string, numbers: AsyncIterable<number>): Promise<string> {
  let sum = 0;
  for await (const number of numbers) {
    sum += number;
    if (how === "first") break;
  }
  return how + sum;
}

async function* double(texts: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const text of texts) yield text + text;
}

/** A real server of the service, whose time stands still, and a raw client of it. */
export async function ticksServer(t: TestContext, settings: Partial<ServeOptions> = {}) {
  const ground = inMemory();
  const server = await serve({
    services: [bind(TicksService, { count, total, double })],
    interceptors: [counted],
    listen: ground.listen,
    transports: ground.transports,
    clock: createManualClock(),
    instance: "arith-1",
    ...settings,
  } as ServeOptions);
  atEnd(t, () => server.close());
  return { ground, server };
}

/** A real client of a raw server, which connects with its first call, and whose time stands still. */
export async function ticksClient(t: TestContext) {
  const ground = inMemory();
  const server = await raw.server(t, ground.listen, ground.transport);
  const clock = createManualClock();
  const calls: Call[] = [];
  const connector = connect({
    address: server.address,
    transports: ground.transports,
    clock,
    instance: "caller",
    retry: false,
    interceptors: [
      (next) => (call) => {
        calls.push(call);
        return next(call);
      },
    ],
  });
  atEnd(t, () => connector.close());
  return { server, clock, calls, ticks: connector.client(TicksService) };
}
