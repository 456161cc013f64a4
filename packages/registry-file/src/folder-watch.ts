import { type BigIntStats, statSync } from "node:fs";
import type { Surroundings, Watcher } from "./surroundings.js";

/** How long after the system told of a change it is passed on, in ms: what changes together is read once. */
const gatherMs = 10;

/** Who wants to know of a folder. */
export interface FolderReader {
  /** Something may have changed. */
  changed(): void;
  /** Time has passed, about a sweep's worth or less. */
  passed(ms: number): void;
  /** The folder was removed or replaced, or cannot be looked at. Nothing follows. */
  failed(error: unknown): void;
}

/**
 * Watches a folder until closed. The system tells of changes; it may have no watch to give (Linux has 128 a user), or
 * not tell of what others write (network and container mounts). So the folder's own time of change is looked at too:
 * at each sweep, and several times a second where there is no watch, or from the first change on of which the system
 * did not tell. Keeps the process alive, because somebody awaits what it will tell.
 */
export function watchFolder(path: string, surroundings: Surroundings, reader: FolderReader): Watcher {
  const { pollMs, sweepMs, watchDirectory } = surroundings;
  let watcher: Watcher | undefined;
  let seen = statOf(path);
  /** Whether the system has told of something since the folder was last found unchanged. */
  let told = false;
  /** A folder's time of change can be too coarse to show the second of two changes: after each, look once more. */
  let again = false;
  let gathering: NodeJS.Timeout | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const deaf = () => {
    watcher?.close();
    watcher = undefined;
  };

  const onTold = () => {
    told = true;
    if (closed) return;
    gathering ??= setTimeout(() => {
      gathering = undefined;
      reader.changed();
    }, gatherMs);
  };

  const hasChanged = (): boolean => {
    const before = seen;
    seen = statOf(path);
    if (seen === undefined || seen.ino !== before?.ino || seen.dev !== before.dev) {
      throw new Error("it was removed or replaced");
    }
    return seen.mtimeNs !== before.mtimeNs;
  };

  const look = (sinceMs: number) => {
    const changed = hasChanged();
    if (changed || again) reader.changed();
    // Judged one look later, since what the system tells may be read after the time of change.
    if (again && !told) deaf();
    if (!changed) told = false;
    again = changed;
    reader.passed(sinceMs);
  };

  const lookLater = () => {
    const delayMs = watcher === undefined || again ? pollMs : sweepMs;
    timer = setTimeout(() => {
      try {
        look(delayMs);
        if (!closed) lookLater();
      } catch (error) {
        close();
        reader.failed(error);
      }
    }, delayMs);
  };

  const close = () => {
    closed = true;
    deaf();
    clearTimeout(gathering);
    clearTimeout(timer);
  };

  try {
    watcher = watchDirectory(path, onTold, deaf);
  } catch {
    // The system has no watch left to give.
  }
  lookLater();
  return { close };
}

/** Synchronous, because a stat of a cached folder costs less than handing it to another thread. */
function statOf(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}
