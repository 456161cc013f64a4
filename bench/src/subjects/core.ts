import { type Calls, handlers, type Subject } from "./subject.js";

/** The module under this name or URL, typed as this build's core: a build before it may differ, and then fails as one row. */
type Core = typeof import("@rpc/core");

/** Returns core alone, with its defaults: all limits and deadlines on, no ambient context, one address. `module` is what to import. */
export async function coreFrom(module: string): Promise<Subject> {
  const { bind, connect, defineService, serve } = (await import(module)) as Core;
  const EchoService = defineService<Calls>("Echo", { echo: {}, add: {}, body: {} });
  return {
    async serve() {
      const server = await serve({ services: [bind(EchoService, handlers)], listen: "tcp://127.0.0.1:0" });
      return { address: server.address, close: () => server.close() };
    },

    async connect(address) {
      const connector = connect({ address });
      return { calls: connector.client(EchoService), close: () => connector.close() };
    },
  };
}
