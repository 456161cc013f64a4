import { dirname, resolve } from "node:path";
import { openFolderWatch } from "./disk/folder-watch.js";
import { generate } from "./generate.js";
import type { GenerateOptions, GenerateResult } from "./options.js";
import { GenerateError } from "./refusal.js";

export interface WatchOptions extends GenerateOptions {
  /** Ends the watching: the promise resolves. */
  readonly signal: AbortSignal;
  /** How long a change waits for further ones, in ms: who saves ten files gets one run. Defaults to 50. */
  readonly debounceMs?: number;
}

/** One run of `watch`: what it did, or why it could not. */
export type Run = { readonly result: GenerateResult } | { readonly error: unknown };

/**
 * Generates, and again whenever something below `cwd`, or something else that was read, changes, until the signal
 * aborts. Tells `onRun` of the first run, of each that wrote something, and of each that failed: after a failure it
 * goes on, and what was written before stays. Rejects where folders cannot be watched.
 */
export async function watch(options: WatchOptions, onRun: (run: Run) => void): Promise<void> {
  const { debounceMs = 50, signal, ...settings } = options;
  const changes = openFolderWatch(resolve(options.cwd ?? "."), signal);
  let failed = false;
  try {
    for (let first = true; !signal.aborted; first = false) {
      if (!first) await changes.next(debounceMs);
      changes.rescan();
      if (signal.aborted) return;
      try {
        const result = await generate({ ...settings, signal });
        changes.follow(result.read.map((file) => dirname(file)));
        if (first || failed || !result.upToDate || result.written.length + result.removed.length > 0) onRun({ result });
        failed = false;
      } catch (error) {
        if (signal.aborted) return;
        failed = true;
        onRun({ error });
        if (!(error instanceof GenerateError)) continue;
      }
      changes.rescan();
    }
  } finally {
    changes.close();
  }
}
