import { isDeepStrictEqual } from "node:util";
import { type Lease, type Logger, type Registry, silent } from "@rpc/core";
import { defaultRoot, directoryOf, prepareDirectory } from "./directory.js";
import { removeLease } from "./drafts.js";
import { failure, registryClosed } from "./failures.js";
import type { LeaseId } from "./file-names.js";
import { openLease } from "./lease.js";
import { endpointsOf, type Instances, instancesOf, servicesOf } from "./lists.js";
import { createLiveness } from "./liveness.js";
import { createLoans } from "./loans.js";
import { changeState } from "./node-state.js";
import { createReader } from "./reader.js";
import { type Surroundings, thisMachine } from "./surroundings.js";
import { DirectoryView } from "./view.js";

export interface FileRegistryOptions {
  /**
   * The folder that the processes share; made where it is missing, for this user alone. Defaults to `rpc-<user id>`
   * in the system's folder for temporary files (`TMPDIR`, else `/tmp`): all processes of one user find each other
   * without any set-up.
   */
  readonly directory?: string;
  /** Tells the projects that share a folder apart: 1 to 64 letters, digits, `_`, `-` or `.`. Defaults to `default`. */
  readonly cluster?: string;
  /** Told of files that cannot be used. Defaults to silence. */
  readonly logger?: Logger;
}

/**
 * Returns a registry that is a directory: the processes of one machine, and of one user, find each other in it
 * without a server.
 *
 * A process that is killed is taken off the lists within 5 s, whenever it dies; a change is seen within 250 ms (where
 * the system turns out not to tell of changes, as with some mounts, the first may take 1 s). A stopped process
 * (SIGSTOP) stays listed. Where machine and containers share the directory, a process of another one
 * is known by its heartbeat, and taken off when that has been still for 3 to 4 s. Neither depends on the clock's
 * being right. If the files of a living process are removed, its lease is `lost`, and the watches throw if the
 * directory itself was.
 *
 * The directory has to belong to this user, and nobody else may write to it: everything rejects with
 * `permission_denied` / `REGISTRY_UNTRUSTED` otherwise, and says what to do. A full disk rejects with
 * `resource_exhausted`, other failures of the file system with `permission_denied` or `unavailable`.
 *
 * A change of state made with `setState` belongs to what its instance registered last: `Lease.update` replaces it,
 * also with unchanged entries. Who wants to keep it updates with what the list shows, as core's registrar does.
 *
 * A watch keeps the process alive until it ends, since somebody awaits it; leases do not.
 */
export function fileRegistry(options: FileRegistryOptions = {}): Registry {
  return createFileRegistry(options, thisMachine);
}

/** As `fileRegistry`, with the machine as a parameter. */
export function createFileRegistry(options: FileRegistryOptions, surroundings: Surroundings): Registry {
  const directory = directoryOf(options.directory ?? defaultRoot(), options.cluster ?? "default");
  const read = createReader(directory.path, options.logger ?? silent);
  const views = createLoans(async () => {
    refuseIfClosed();
    return DirectoryView.open({ directory, read, surroundings });
  });
  const leases = new Set<Lease>();
  const registering = new Set<Promise<unknown>>();
  let cleaning: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  const refuseIfClosed = () => {
    if (closing !== undefined) throw registryClosed();
  };

  /** Reads the directory now, with what a watch knows of the owners if there is one. */
  const look = async (): Promise<{ instances: Instances; ended: readonly LeaseId[] }> => {
    await prepareDirectory(directory);
    try {
      const contents = await read();
      const liveness = views.lent()?.liveness ?? createLiveness(directory.heartbeats, surroundings.owner());
      const { hidden, ended } = await liveness.look(contents.leases);
      return { instances: instancesOf(contents, hidden), ended };
    } catch (error) {
      throw failure("list what is registered", directory.path, error);
    }
  };

  /** Where nobody watches, those who register clean up behind the dead. */
  const cleanUp = async (): Promise<void> => {
    for (const lease of (await look()).ended) await removeLease(directory, lease);
  };

  async function* follow<T>(pick: (instances: Instances) => T, signal: AbortSignal): AsyncGenerator<T> {
    refuseIfClosed();
    if (signal.aborted) return;
    const view = await views.borrow();
    try {
      let last: T | undefined;
      while (!signal.aborted && !view.ended) {
        const { version } = view;
        const value = pick(view.instances());
        if (!isDeepStrictEqual(value, last)) {
          last = value;
          yield value;
        }
        if (version === view.version) await view.change(signal);
      }
      // Throws if that is how the view ended.
      if (!signal.aborted) view.instances();
    } finally {
      views.giveBack(view);
    }
  }

  const register: Registry["register"] = async (entries) => {
    const lease = await openLease(directory, entries, surroundings, () => leases.delete(lease));
    leases.add(lease);
    // Who cannot clean up has registered all the same.
    cleaning ??= cleanUp().catch(() => {});
    await cleaning.finally(() => {
      cleaning = undefined;
    });
    if (closing === undefined) return lease;
    await lease.release();
    throw registryClosed();
  };

  const closeAll = async () => {
    const viewsClosed = views.close();
    await Promise.allSettled(registering);
    await Promise.all([viewsClosed, ...[...leases].map((lease) => lease.release())]);
  };

  return {
    register: async (entries) => {
      refuseIfClosed();
      const registered = register(entries).finally(() => registering.delete(registered));
      registering.add(registered);
      return registered;
    },
    watch: (service, signal) => follow((instances) => endpointsOf(instances, service), signal),
    services: (signal) => follow(servicesOf, signal),
    list: async (service, signal) => {
      refuseIfClosed();
      signal.throwIfAborted();
      const { instances } = await look();
      signal.throwIfAborted();
      return endpointsOf(instances, service);
    },
    setState: async (service, id, patch) => {
      refuseIfClosed();
      const lookup = async () => (await look()).instances.get(service)?.get(id);
      await changeState(directory, lookup, { service, id }, patch);
    },
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };
}
