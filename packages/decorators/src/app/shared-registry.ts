import type { Registry } from "@rpc/core";

/** How many apps of this process use a registry. */
const users = new WeakMap<Registry, number>();

/** Notes that an app uses a registry. Returns what ends that: the last one closes the registry. To be called once. */
export function useRegistry(registry: Registry): () => Promise<void> {
  users.set(registry, (users.get(registry) ?? 0) + 1);
  return async () => {
    const left = (users.get(registry) ?? 1) - 1;
    users.set(registry, left);
    if (left === 0) await registry.close();
  };
}
