import { isDeepStrictEqual } from "node:util";
import { pause } from "../clock/pause.js";
import type { Endpoint, Lease, NodeState, Registry } from "../contract/registry.js";
import { Bell } from "./bell.js";
import { namesTags, type StoredState, storedState } from "./named-tags.js";
import { openLease } from "./open-lease.js";
import { noInstance, readOnly, registryClosed, registryFailed } from "./refusals.js";
import type { RegistryParts, Seen, Store } from "./store.js";

/** Changes that follow each other so closely are read at once, in ms; each watch waits a little differently. */
const gatherMs = 20;

/**
 * Returns the registry that a store makes. Here is what all of them have in common: watches that begin with the whole
 * list, tell only what is new, look again after every change and each minute, and end without a throw; leases that do one
 * thing after the other; a close after which nothing is left, and everything is refused.
 */
export function createRegistry(parts: RegistryParts): Registry {
  const { name, store, clock, random } = parts;
  const relistMs = (parts.relistMs ?? 60_000) * 0.8;
  const leases = new Set<Lease>();
  const registering = new Set<Promise<unknown>>();
  const watching = new Set<() => void>();
  let closing: Promise<void> | undefined;

  const refuseIfClosed = (): void => {
    if (closing !== undefined) throw registryClosed(name);
  };

  async function* follow<T>(
    service: string | undefined,
    read: (signal: AbortSignal) => Promise<Seen<T>>,
    signal: AbortSignal,
  ): AsyncGenerator<readonly T[]> {
    refuseIfClosed();
    if (signal.aborted) return;
    const stop = new AbortController();
    const bell = new Bell(clock);
    // Also called by `close`: a reader that never comes back must not be followed for ever.
    const leave = store.follow?.(bell, service) ?? (() => {});
    const end = (): void => {
      stop.abort();
      leave();
      watching.delete(end);
    };
    watching.add(end);
    let last: readonly T[] | undefined;
    try {
      while (!stop.signal.aborted && !signal.aborted) {
        // Only while something is awaited: a listener would stay where the reader does not come back.
        signal.addEventListener("abort", end);
        bell.listen();
        const { value, againMs = Number.POSITIVE_INFINITY } = await untilAborted(read(stop.signal), stop.signal);
        if (!isDeepStrictEqual(value, last)) {
          last = value;
          signal.removeEventListener("abort", end);
          yield value;
          if (signal.aborted) return;
          signal.addEventListener("abort", end);
        }
        await bell.heard(Math.min(againMs, relistMs * (1 + random() / 2)), stop.signal);
        await pause(clock, gatherMs * (1 + random()), stop.signal);
      }
    } catch (cause) {
      if (!stop.signal.aborted) throw registryFailed(name, `watch ${service ?? "the names of services"}`, cause);
    } finally {
      end();
      signal.removeEventListener("abort", end);
    }
  }

  const endpoints = async (service: string, signal: AbortSignal): Promise<Seen<Endpoint>> => {
    const seen = await store.read(service, signal);
    return { ...seen, value: Object.freeze([...seen.value].sort((a, b) => (a.id < b.id ? -1 : 1)).map(frozen)) };
  };

  const names = async (signal: AbortSignal): Promise<Seen<string>> => {
    const seen = await store.names(signal);
    return { ...seen, value: Object.freeze([...new Set(seen.value)].sort()) };
  };

  const closeAll = async (): Promise<void> => {
    for (const end of watching) end();
    await Promise.allSettled(registering);
    await Promise.allSettled([...leases].map((lease) => lease.release()));
    await store.close();
  };

  return {
    register: async (entries) => {
      refuseIfClosed();
      const registered = openLease(parts, entries, (lease) => leases.delete(lease)).then(async (lease) => {
        if (closing === undefined) leases.add(lease);
        else await lease.release();
        return lease;
      });
      registering.add(registered);
      const lease = await registered.finally(() => registering.delete(registered));
      refuseIfClosed();
      return lease;
    },
    watch: (service, signal) => follow(service, (stop) => endpoints(service, stop), signal),
    services: (signal) => follow(undefined, names, signal),
    list: async (service, signal) => {
      refuseIfClosed();
      signal.throwIfAborted();
      try {
        return (await untilAborted(endpoints(service, signal), signal)).value;
      } catch (cause) {
        signal.throwIfAborted();
        throw registryFailed(name, `list ${service}`, cause);
      }
    },
    setState: async (service, id, patch) => {
      refuseIfClosed();
      if (store.patch === undefined) throw readOnly(name);
      const failed = (cause: unknown): never => {
        if (cause instanceof TypeError) throw cause;
        throw registryFailed(name, `change the state of instance ${JSON.stringify(id)}`, cause);
      };
      const stored = await storedIn(store, service, id, patch).catch(failed);
      const found = stored !== undefined && (await store.patch(service, id, stored).catch(failed));
      if (!found) throw noInstance(name, service, id);
    },
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };
}

/** Resolves to a change as it is to be stored; undefined where there is no such instance. */
async function storedIn(store: Store, service: string, id: string, patch: NodeState): Promise<StoredState | undefined> {
  if (!namesTags(patch)) return storedState({ tags: {} }, patch);
  const { value } = await store.read(service, new AbortController().signal);
  const current = value.find((endpoint) => endpoint.id === id);
  return current && storedState(current, patch);
}

function frozen({ id, address, weight, tags, inactive }: Endpoint): Endpoint {
  return Object.freeze({ id, address, weight, tags: Object.freeze({ ...tags }), inactive });
}

/** Resolves or rejects as `promise`, or rejects once `signal` aborts. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
