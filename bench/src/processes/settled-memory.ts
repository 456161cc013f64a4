import { setImmediate as turn } from "node:timers/promises";

/** What a process holds once garbage was collected, in bytes. */
export interface Memory {
  /** The heap, and what buffers and other things hold outside it. */
  readonly heldBytes: number;
  /** Pages of the whole process that are in memory. */
  readonly rssBytes: number;
}

/** Collects until a collection frees nothing more: finalizers and freed buffers take a turn or two. */
export async function settledMemory(): Promise<Memory> {
  if (globalThis.gc === undefined) throw new Error("Start the process with --expose-gc.");
  let heldBytes = Number.POSITIVE_INFINITY;
  let rssBytes = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 6; attempt++) {
    await turn();
    globalThis.gc();
    const { heapUsed, external, rss } = process.memoryUsage();
    heldBytes = Math.min(heldBytes, heapUsed + external);
    rssBytes = Math.min(rssBytes, rss);
  }
  return { heldBytes, rssBytes };
}
