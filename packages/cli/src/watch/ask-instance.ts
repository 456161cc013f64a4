import type { ConnectSettings, Endpoint } from "@rpc/core";
import { anyOfThem, listedOnce } from "../target/listed-once.js";
import type { Ask } from "./poll.js";

/** How long an instance may take for an answer, in ms. */
const patienceMs = 2_000;

/** An instance that is asked, on a connection of its own. */
export interface Asked {
  readonly ask: Ask;
  /** Returns the services that it serves, without their other names. */
  services(signal: AbortSignal): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Returns what asks instances about themselves. A call fails at once where an instance cannot be connected to. */
export async function askInstances(settings: ConnectSettings): Promise<(endpoint: Endpoint) => Asked> {
  const { connect, ReflectionService, withOptions } = await import("@rpc/core");
  return (endpoint) => {
    const connector = connect({
      ...settings,
      registry: listedOnce([endpoint]),
      balancer: anyOfThem,
      retry: false,
      connectMs: patienceMs,
    });
    const reflection = (signal: AbortSignal) =>
      withOptions(connector.client(ReflectionService), { signal, timeoutMs: patienceMs, route: { only: endpoint.id } });
    return {
      async ask(signal) {
        const asked = reflection(signal);
        const [instance, stats] = await Promise.all([asked.instance(), asked.stats()]);
        return { instance, stats };
      },
      async services(signal) {
        const services = await reflection(signal).services();
        return services.filter(({ aliasOf }) => aliasOf === undefined).map(({ name }) => name);
      },
      close: () => connector.close(),
    };
  };
}
