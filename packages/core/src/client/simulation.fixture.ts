import type { TestContext } from "node:test";
import type { Balancer } from "../contract/balancer.js";
import type { Call } from "../contract/call.js";
import type { Handlers } from "../contract/client.js";
import { RpcError } from "../contract/errors.js";
import type { Transport } from "../contract/transport.js";
import { type Server, serve } from "../server/serve.js";
import type { ServeSettings } from "../server/serve-options.js";
import { bind } from "../service/bind.js";
import { defineService } from "../service/define-service.js";
import { createManualClock, type ManualClock } from "../testing/manual-clock.js";
import { memoryTransport } from "../transport/memory.js";
import type { ConnectOptions } from "./connect-options.js";
import { type Connector, connect } from "./connector.js";

export interface Shop {
  /** Answers with the name of the server. */
  where(): string;
  /** Answers after `ms`. */
  slow(ms: number): string;
  never(): void;
}

export const ShopService = defineService<Shop>("shop.Shop", { where: {}, slow: {}, never: { timeoutMs: 3_600_000 } });

/** What a call ended with, and when. */
export interface Outcome {
  readonly answer?: unknown;
  readonly error?: RpcError;
  readonly at: number;
}

/** Servers and clients in one process, on one clock that a test moves. */
export interface Simulation {
  readonly clock: ManualClock;
  /** Connections that were dialled. */
  readonly dialled: readonly string[];
  readonly transports: Readonly<Record<string, Transport>>;
  serveShop(name: string, options?: ServeSettings, handlers?: Partial<Handlers<Shop>>): Promise<Server>;
  connect(options: ConnectOptions): Connector;
  /** Notes what a call ends with. */
  outcome(call: Promise<unknown>): Promise<Outcome>;
  /** Moves the clock until `promise` has settled, for two hours at most, and returns what it settled with. */
  finish<T>(promise: Promise<T>): Promise<T>;
}

/** Returns a simulation whose servers and clients are closed when the test ends. */
export function simulation(t: TestContext): Simulation {
  const clock = createManualClock();
  const memory = memoryTransport();
  const dialled: string[] = [];
  const counting: Transport = {
    listen: memory.listen,
    connect(address, signal) {
      dialled.push(address);
      return memory.connect(address, signal);
    },
  };
  const transports = { memory: counting };
  const opened: { close(): Promise<void> }[] = [];
  const finish = async <T>(promise: Promise<T>): Promise<T> => {
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    promise.then(done, done);
    await clock.settle();
    for (let step = 0; !settled && step < 7_200; step++) await clock.advance(1_000);
    if (!settled) throw new Error("it has not settled within two hours");
    return promise;
  };
  t.after(() => finish(Promise.all(opened.map((each) => each.close()))));
  return {
    clock,
    dialled,
    transports,
    finish,
    async serveShop(name, options = {}, handlers = {}) {
      const shop: Handlers<Shop> = {
        where: () => name,
        slow: (ms) => new Promise((resolve) => clock.setTimer(() => resolve(name), ms)),
        never: () => new Promise(() => {}),
        ...handlers,
      };
      const server = await serve({
        services: [bind(ShopService, shop)],
        listen: `memory://${name}`,
        transports,
        clock,
        random: () => 0.5,
        ...options,
      });
      opened.push(server);
      return server;
    },
    connect(options) {
      const connector = connect({ transports, clock, random: () => 0.5, ...options });
      opened.push(connector);
      return connector;
    },
    outcome: (call) =>
      call.then(
        (answer) => ({ answer, at: clock.now() }),
        (error: unknown) => {
          if (!(error instanceof RpcError)) throw error;
          return { error, at: clock.now() };
        },
      ),
  };
}

/** Takes turns; honours what a retry leaves out. */
export const turns: Balancer = () => {
  let next = 0;
  return (ready) => (call: Call) => {
    const left = ready.filter(({ endpoint }) => !call.route?.except?.includes(endpoint.id));
    const from = left.length > 0 ? left : ready;
    return from[next++ % from.length]!;
  };
};
