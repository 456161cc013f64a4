import { type FSWatcher, watch } from "node:fs";
import { type Owner, thisProcess } from "./owner.js";

/** Tells of changes in a directory until closed. */
export interface Watcher {
  close(): void;
}

/** What the registry asks of the machine and how often it looks: tests put other values in. */
export interface Surroundings {
  /** How often a lease shows that it lives and looks whether it still stands, in ms. */
  readonly heartbeatMs: number;
  /** How often a watched directory is looked at where the system does not tell of changes, in ms. */
  readonly pollMs: number;
  /**
   * How often the owners of all entries are looked for, in ms; and the directory is looked at where the system does
   * tell.
   */
  readonly sweepMs: number;
  /** Who registers. */
  readonly owner: () => Owner;
  /**
   * Calls `onChange` after a change in the directory, soon and perhaps too often, until `onEnd`; throws or stays
   * silent where the system cannot tell.
   */
  readonly watchDirectory: (path: string, onChange: () => void, onEnd: () => void) => Watcher;
}

/** The machine as it is. */
export const thisMachine: Surroundings = {
  heartbeatMs: 1_000,
  pollMs: 150,
  sweepMs: 1_000,
  owner: thisProcess,
  watchDirectory: (path, onChange, onEnd) => {
    const watcher: FSWatcher = watch(path, { persistent: false }, onChange);
    watcher.on("error", onEnd);
    return watcher;
  },
};
