import { isDeepStrictEqual } from "node:util";
import { type Lease, type Registry, RpcError } from "@rpc/core";
import { type MemoryStore, memoryStore } from "./memory-store.js";

/**
 * Returns a registry inside this process: for tests, and for apps that share one process. It needs no closing for the
 * process to end, and a watch of it keeps no process alive: where nothing else runs, nothing can change any more.
 *
 * Each app closes the registry it was given, and with it ends its own watches and leases. Several apps therefore have
 * one each, of one store: `const store = memoryStore()`, then `memoryRegistry(store)` for every app. Without a store
 * it has one of its own.
 */
export function memoryRegistry(store: MemoryStore = memoryStore()): Registry {
  const leases = new Set<Lease>();
  let closed = false;

  const refuseIfClosed = () => {
    if (closed) throw registryClosed();
  };

  async function* follow<T>(read: () => T, signal: AbortSignal): AsyncGenerator<T> {
    refuseIfClosed();
    let last: T | undefined;
    while (!signal.aborted && !closed) {
      const { version } = store;
      const value = read();
      if (!isDeepStrictEqual(value, last)) {
        last = value;
        yield value;
      }
      if (version === store.version) await store.change(signal);
    }
  }

  return {
    register: async (entries) => {
      refuseIfClosed();
      const lease = holdLease(store, entries, () => leases.delete(lease));
      leases.add(lease);
      return lease;
    },
    watch: (service, signal) => follow(() => store.list(service), signal),
    services: (signal) => follow(() => store.names(), signal),
    list: async (service, signal) => {
      refuseIfClosed();
      signal.throwIfAborted();
      return store.list(service);
    },
    setState: async (service, id, patch) => {
      refuseIfClosed();
      if (!store.patch(service, id, patch)) throw noInstance(service, id);
    },
    close: async () => {
      closed = true;
      await Promise.all([...leases].map((lease) => lease.release()));
      store.wake();
    },
  };
}

function holdLease(store: MemoryStore, entries: Parameters<Registry["register"]>[0], onRelease: () => void): Lease {
  const holder = {};
  let released = false;
  store.hold(holder, entries);
  return {
    lost: new Promise(() => {}),
    update: async (next) => {
      if (released) throw leaseReleased();
      store.hold(holder, next);
    },
    release: async () => {
      if (released) return;
      released = true;
      store.drop(holder);
      onRelease();
    },
  };
}

function noInstance(service: string, id: string): RpcError {
  const message = `instance ${JSON.stringify(id)} of service ${JSON.stringify(service)} is not registered; list(service) has those that are`;
  return new RpcError("not_found", message, { reason: "NO_INSTANCE", processed: "no" });
}

function leaseReleased(): RpcError {
  const message = "the lease was released, so nothing can be registered under it; register anew";
  return new RpcError("failed_precondition", message, { reason: "LEASE_RELEASED", processed: "no" });
}

function registryClosed(): RpcError {
  const message =
    "the registry is closed; where several apps share a store, give each a memoryRegistry(store) of its own";
  return new RpcError("failed_precondition", message, { reason: "REGISTRY_CLOSED", processed: "no" });
}
