import { readdir } from "node:fs/promises";
import type { Directory } from "./directory.js";
import { isMissing } from "./failures.js";
import { type LeaseId, leaseOf, parseName } from "./file-names.js";

/**
 * Returns a function that finds what processes left behind that died in the middle of something: heartbeats, drafts
 * and patches without a lease. It returns those that it had already found at the call before, so call it far apart:
 * registering takes milliseconds.
 */
export function createOrphanSearch(directory: Directory): () => Promise<readonly LeaseId[]> {
  let suspects = new Set<LeaseId>();
  return async () => {
    const [files, ...others] = await Promise.all([directory.path, directory.heartbeats, directory.drafts].map(namesIn));
    const standing = new Set(files!.flatMap((name) => (parseName(name)?.kind === "lease" ? leaseOf(name)! : [])));
    const found = new Set([files!, ...others].flat().flatMap((name) => leaseOf(name) ?? []));
    const orphans = new Set([...found].filter((id) => !standing.has(id)));
    const sure = [...orphans].filter((id) => suspects.has(id));
    suspects = orphans;
    return sure;
  };
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
