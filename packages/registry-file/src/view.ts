import { type Directory, prepareDirectory } from "./directory.js";
import { removeLease } from "./drafts.js";
import { failure } from "./failures.js";
import type { LeaseId } from "./file-names.js";
import { watchFolder } from "./folder-watch.js";
import { type Instances, instancesOf } from "./lists.js";
import { createLiveness, type Liveness } from "./liveness.js";
import { createOrphanSearch } from "./orphans.js";
import type { Contents } from "./reader.js";
import type { Surroundings, Watcher } from "./surroundings.js";

/** Every how many sweeps orphans are searched. */
const orphanSweeps = 30;

/** What a view looks through. */
export interface Sight {
  readonly directory: Directory;
  readonly read: () => Promise<Contents>;
  readonly surroundings: Surroundings;
}

/** A directory while it is watched: knows its instances, tells when they change, and cleans up behind the dead. */
export class DirectoryView {
  /** What the sweeps have seen of the owners. */
  readonly liveness: Liveness;
  readonly #sight: Sight;
  readonly #orphans: () => Promise<readonly LeaseId[]>;
  readonly #waiting = new Set<() => void>();
  #watcher: Watcher | undefined;
  #contents: Contents = { leases: [] };
  #hidden: ReadonlySet<LeaseId> = new Set();
  #instances: Instances = new Map();
  #version = 0;
  #looking: Promise<void> | undefined;
  #dirty = true;
  #sinceSweepMs = Number.POSITIVE_INFINITY;
  #sweeps = 0;
  #ended: { readonly error: Error | undefined } | undefined;

  private constructor(sight: Sight) {
    const { directory, surroundings } = sight;
    this.#sight = sight;
    this.#orphans = createOrphanSearch(directory);
    this.liveness = createLiveness(directory.heartbeats, surroundings.owner());
  }

  /** Begins to watch. Rejects where the directory cannot be made, read or trusted. */
  static async open(sight: Sight): Promise<DirectoryView> {
    const { directory, surroundings } = sight;
    await prepareDirectory(directory);
    const view = new DirectoryView(sight);
    view.#watcher = watchFolder(directory.path, surroundings, {
      changed: () => {
        view.#dirty = true;
        view.#look();
      },
      passed: (ms) => {
        view.#sinceSweepMs += ms;
        view.#look();
      },
      failed: (error) => view.#fail(error),
    });
    view.#look();
    await view.#looking;
    view.instances();
    return view;
  }

  /** Counts the changes. */
  get version(): number {
    return this.#version;
  }

  /** Whether the view sees nothing new any more: it was closed, or failed. */
  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Returns what is there. Throws where the view has failed. */
  instances(): Instances {
    if (this.#ended?.error !== undefined) throw this.#ended.error;
    return this.#instances;
  }

  /** Resolves when something may have changed, when the view ends, or when `signal` aborts. */
  change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || this.ended) return resolve();
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener("abort", done);
    });
  }

  /** Ends the view; resolves when it does nothing any more. */
  async close(): Promise<void> {
    this.#end(undefined);
    await this.#looking;
  }

  #end(error: Error | undefined): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    this.#watcher?.close();
    this.#wake();
  }

  #fail(error: unknown): void {
    this.#end(failure("watch", this.#sight.directory.path, error));
  }

  #wake(): void {
    this.#version++;
    for (const done of this.#waiting) done();
  }

  get #sweepIsDue(): boolean {
    return this.#sinceSweepMs >= this.#sight.surroundings.sweepMs;
  }

  /** Reads the directory if it has changed, and looks for the owners if that is due; one at a time. */
  #look(): void {
    if (!this.#dirty && !this.#sweepIsDue) return;
    this.#looking ??= this.#lookUntilDone().finally(() => {
      this.#looking = undefined;
    });
  }

  async #lookUntilDone(): Promise<void> {
    try {
      while ((this.#dirty || this.#sweepIsDue) && !this.ended) {
        if (this.#dirty) {
          this.#dirty = false;
          this.#take(await this.#sight.read(), this.#hidden);
        } else await this.#sweep();
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Looks for the owners of all leases, and cleans up behind those that are gone. */
  async #sweep(): Promise<void> {
    this.#sinceSweepMs = 0;
    const { directory } = this.#sight;
    const { hidden, ended } = await this.liveness.sweep(this.#contents.leases);
    this.#take(this.#contents, hidden);
    const orphans = this.#sweeps++ % orphanSweeps === 0 ? await this.#orphans() : [];
    // Who may read but not remove still sees what is there.
    for (const lease of [...ended, ...orphans]) await removeLease(directory, lease).catch(() => {});
  }

  #take(contents: Contents, hidden: ReadonlySet<LeaseId>): void {
    if (contents === this.#contents && sameSet(hidden, this.#hidden)) return;
    this.#contents = contents;
    this.#hidden = hidden;
    this.#instances = instancesOf(contents, hidden);
    this.#wake();
  }
}

function sameSet<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean {
  return a.size === b.size && [...a].every((value) => b.has(value));
}
