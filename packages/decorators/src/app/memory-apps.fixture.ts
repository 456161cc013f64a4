import { memoryTransport } from "@rpc/core";
import { memoryRegistry, memoryStore } from "@rpc/registry-memory";
import type { App } from "./app.js";
import type { AppOptions } from "./app-options.js";
import { createApp } from "./create-app.js";

/** Makes apps that find and reach each other inside this process, and stops them all. */
export interface MemoryApps {
  /** Returns an app that is not started. */
  make(options: AppOptions): Promise<App>;
  /** Returns an app that is. */
  start(options: AppOptions): Promise<App>;
  stop(): Promise<void>;
}

export function memoryApps(): MemoryApps {
  const store = memoryStore();
  const transports = { memory: memoryTransport() };
  const made: App[] = [];
  const make = async (options: AppOptions): Promise<App> => {
    const listen = options.services === undefined ? {} : { listen: "memory://" };
    const app = await createApp({ registry: memoryRegistry(store), transports, logger: false, ...listen, ...options });
    made.push(app);
    return app;
  };
  return {
    make,
    async start(options) {
      const app = await make(options);
      await app.start();
      return app;
    },
    async stop() {
      await Promise.all(made.map((app) => app.stop()));
    },
  };
}
