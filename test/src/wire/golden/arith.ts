import type { TestContext } from "node:test";
import { bind, type Call, connect, defineService, RpcError, type ServeOptions, type Server, serve } from "@rpc/core";
import { createManualClock, type ManualClock } from "@rpc/core/testing";
import { atEnd } from "../ground/at-end.js";
import type { ConnectSettings } from "../ground/calling.js";
import { type Ground, inMemory } from "../ground/grounds.js";
import { type RawServer, raw } from "../raw/raw.js";

/** The service of the examples in docs/protocol.md. */
export interface Arith {
  add(a: number, b: number): number;
  divide(a: number, b: number): number;
  sleep(ms: number): null;
  repeat(text: string, times: number): string;
  erase(): null;
}

const ArithService = defineService<Arith>("Arith", {
  add: { idempotent: true },
  divide: {},
  sleep: {},
  repeat: {},
  erase: {},
});

/** A real server of the service, whose time stands still. */
export interface ArithServer {
  readonly ground: Ground;
  readonly server: Server;
  /** Calls whose handler was begun. */
  readonly ran: readonly Call[];
  /** Names of methods whose handler was told to stop. */
  readonly stopped: readonly string[];
}

/** What `divide` throws. */
export class DividedByZero extends RpcError {
  static override readonly reason = "DIVIDED_BY_ZERO";
  declare readonly details: { readonly divisor: number };
}

export async function arithServer(t: TestContext, settings: Partial<ServeOptions> = {}): Promise<ArithServer> {
  const ground = inMemory();
  const ran: Call[] = [];
  const stopped: string[] = [];
  const wakers: (() => void)[] = [];
  const server = await serve({
    services: [
      bind(ArithService, {
        add: (a, b) => a + b,
        divide: (a, b) => {
          if (b !== 0) return a / b;
          throw new DividedByZero("invalid_argument", "cannot divide by zero", { details: { divisor: 0 } });
        },
        sleep: () => new Promise<null>((resolve) => wakers.push(() => resolve(null))),
        repeat: (text, times) => text.repeat(times),
        erase: () => null,
      }),
    ],
    interceptors: [
      (next) => (call) => {
        ran.push(call);
        if (call.metadata["zone"] === "?") call.replyMetadata = { zone: "b" };
        call.signal?.addEventListener("abort", () => {
          stopped.push(call.method.name);
          for (const wake of wakers.splice(0)) wake();
        });
        return next(call);
      },
    ],
    admissions: [
      ({ method }) =>
        method.name === "erase"
          ? new RpcError("permission_denied", "a ticket is wanted", { reason: "NO_TICKET", retryAfterMs: 500 })
          : undefined,
    ],
    listen: ground.listen,
    transports: ground.transports,
    clock: createManualClock(),
    instance: "arith-1",
    ...settings,
  } as ServeOptions);
  atEnd(t, () => server.close());
  return { ground, server, ran, stopped };
}

/** A real client of a raw server; it connects with its first call, and its time stands still. */
export async function arithClient(t: TestContext, settings: ConnectSettings = {}) {
  const ground = inMemory();
  const server: RawServer = await raw.server(t, ground.listen, ground.transport);
  const clock: ManualClock = createManualClock();
  const connector = connect({
    address: server.address,
    transports: ground.transports,
    clock,
    instance: "caller",
    retry: false,
    ...settings,
  });
  atEnd(t, () => connector.close());
  return { server, clock, connector, arith: connector.client(ArithService) };
}
