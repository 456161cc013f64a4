import type { Balancer, Endpoint, Registry } from "@rpc/core";

/** Returns a registry that says these instances of every service, and nothing else: what `rpc` has read of the true one. */
export function listedOnce(endpoints: readonly Endpoint[]): Registry {
  return {
    async *watch(_service, signal) {
      yield endpoints;
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    },
    list: async () => endpoints,
    async *services() {
      yield [];
    },
    register: () => Promise.reject(new Error("only read")),
    setState: () => Promise.reject(new Error("only read")),
    close: async () => {},
  };
}

/** Picks any of those that are ready, but for those that the call leaves out. */
export const anyOfThem: Balancer = () => (ready) => (call) => {
  const left = ready.filter(({ endpoint }) => !call.route?.except?.includes(endpoint.id));
  const from = left.length > 0 ? left : ready;
  return from[Math.floor(Math.random() * from.length)]!;
};
