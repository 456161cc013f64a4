import type { ConnectOptions, ServeOptions } from "@rpc/core";
import { type Calls, handlers, type Subject } from "./subject.js";

/** The module under this name or URL, typed as this build's core: a build before it may differ, and then fails as one row. */
type Core = typeof import("@rpc/core");

/** What differs from the defaults. */
export interface CoreBounds {
  readonly limits: NonNullable<ConnectOptions["limits"]>;
  readonly handlersRunning: NonNullable<ServeOptions["handlersRunning"]>;
  readonly waitQueueEntries: NonNullable<ServeOptions["waitQueueEntries"]>;
}

/**
 * Returns core alone, all limits and deadlines on, no ambient context, one address. `module` is what to import; bounds
 * are its defaults unless given.
 */
export async function coreFrom(module: string, bounds?: CoreBounds): Promise<Subject> {
  const { bind, connect, defineService, serve } = (await import(module)) as Core;
  const EchoService = defineService<Calls>("Echo", { echo: {}, add: {}, body: {}, bytes: {} });
  return {
    async serve() {
      const server = await serve({ services: [bind(EchoService, handlers)], listen: "tcp://127.0.0.1:0", ...bounds });
      const writes = (): number => server.stats().total.traffic.writes;
      return { address: server.address, writes, close: () => server.close() };
    },

    async connect(address) {
      const connector = connect({ address, ...(bounds && { limits: bounds.limits }) });
      const writes = (): number => connector.stats().total.traffic.writes;
      return { calls: connector.client(EchoService), writes, close: () => connector.close() };
    },
  };
}
