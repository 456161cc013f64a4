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
import { withKinds } from "../../streams/with-kinds.js";
import { atEnd } from "../ground/at-end.js";
import { inMemory } from "../ground/grounds.js";
import { raw } from "../raw/raw.js";

/** The service of the examples of streams in docs/protocol.md. */
const TicksService = withKinds(
  defineService<Record<string, () => void>>("Ticks", { count: {}, total: {}, double: {} }),
  {
    count: "server",
    total: "client",
    double: "duplex",
  },
);

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
    services: [bind(TicksService, { count, total, double } as never)],
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

/** A real client of a raw server, which connects with its first call, and whose time stands still; its calls have no deadline. */
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
        call.deadline = Number.POSITIVE_INFINITY;
        calls.push(call);
        return next(call);
      },
    ],
  });
  atEnd(t, () => connector.close());
  return { server, clock, calls, ticks: connector.client(TicksService) };
}
