import { type FSWatcher, readdirSync, watch } from "node:fs";
import { setTimeout as after } from "node:timers/promises";

/** What tells of changes in folders. */
export interface FolderWatch {
  /** Resolves when something has changed since the last time, and for so long nothing more; at once when it is closed. */
  next(quietMs: number): Promise<void>;
  /** Finds the folders that are new; one that is counts as a change, since its files may have been missed. */
  rescan(): void;
  /** Watches these as well. */
  follow(folders: readonly string[]): void;
  close(): void;
}

/** What may change what is generated: sources and settings. */
const matters = /^[^.].*\.(?:[cm]?tsx?|json)$/;
const passedOver = /^(?:node_modules|\..*)$/;

/** Watches a folder and all below it, without what is installed and what is hidden. Throws where the system refuses. */
export function openFolderWatch(root: string, signal: AbortSignal): FolderWatch {
  const watchers = new Map<string, FSWatcher>();
  let changes = 0;
  let wake = (): void => {};
  const changed = (): void => {
    changes++;
    wake();
  };
  const add = (folder: string): void => {
    if (watchers.has(folder)) return;
    const watcher = watch(folder, (_event, name) => {
      if (name === null || matters.test(name) || !name.includes(".")) changed(); // without a point: a folder, perhaps
    });
    const forget = (): void => {
      watcher.close();
      watchers.delete(folder);
    };
    watcher.on("error", forget); // the folder is gone: its parent tells
    watchers.set(folder, watcher);
    changed();
  };
  signal.addEventListener("abort", changed);
  const all = (folder: string): void => {
    if (!isThere(folder)) return; // gone since it was listed
    add(folder);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !passedOver.test(entry.name)) all(`${folder}/${entry.name}`);
    }
  };
  all(root);
  changes = 0;
  return {
    async next(quietMs) {
      if (changes === 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
      for (let seen = -1; seen !== changes && !signal.aborted; ) {
        seen = changes;
        await after(quietMs, undefined, { signal }).catch(() => {});
      }
      changes = 0;
    },
    rescan() {
      for (const folder of [...watchers.keys()]) if (!isThere(folder)) watchers.get(folder)?.emit("error");
      all(root);
    },
    follow(folders) {
      const before = changes;
      for (const folder of new Set(folders)) if (isThere(folder)) add(folder);
      changes = before; // they were read a moment ago
    },
    close() {
      signal.removeEventListener("abort", changed);
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

function isThere(folder: string): boolean {
  try {
    readdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
