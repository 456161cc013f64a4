import { link, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Directory, prepareDirectory } from "./directory.js";
import { isMissing, systemCode } from "./failures.js";
import { draftName, type LeaseId, leaseOf, parseName } from "./file-names.js";

/**
 * Puts a whole file into the directory under a name that is not taken. A process that dies meanwhile leaves a draft,
 * never half a file.
 */
export async function publish(directory: Directory, lease: LeaseId, name: string, text: string): Promise<void> {
  await withDraft(directory, lease, text, (draft) => rename(draft, join(directory.path, name)));
}

/** As `publish`, but returns false where somebody else has taken the name. */
export async function claim(directory: Directory, lease: LeaseId, name: string, text: string): Promise<boolean> {
  return withDraft(directory, lease, text, async (draft) => {
    try {
      await link(draft, join(directory.path, name));
      return true;
    } catch (error) {
      if (systemCode(error) === "EEXIST") return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  });
}

/**
 * Removes everything of a lease. The leases go first, the older revisions before the newer, so that no moment shows
 * what was true earlier; then its patches, its heartbeat and its drafts. Files that are already gone do not matter:
 * several may clean at once.
 */
export async function removeLease(directory: Directory, lease: LeaseId): Promise<void> {
  for (const { path } of await filesOf(directory, lease)) await rm(path, { force: true });
  await rm(join(directory.heartbeats, lease), { force: true });
  for (const draft of await namesIn(directory.drafts)) {
    if (leaseOf(draft) === lease) await rm(join(directory.drafts, draft), { force: true });
  }
}

/** Removes a lease's files of revisions below `revision`. */
export async function removeBelow(directory: Directory, lease: LeaseId, revision: number): Promise<void> {
  for (const file of await filesOf(directory, lease)) {
    if (file.revision < revision) await rm(file.path, { force: true });
  }
}

/** The files of a lease in the order in which they may be removed. */
async function filesOf(directory: Directory, lease: LeaseId): Promise<{ path: string; revision: number }[]> {
  return (await namesIn(directory.path))
    .flatMap((name) => {
      const parsed = parseName(name);
      return parsed?.lease === lease ? [{ path: join(directory.path, name), ...parsed }] : [];
    })
    .sort((a, b) => (a.kind === b.kind ? a.revision - b.revision : a.kind === "lease" ? -1 : 1));
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function withDraft<T>(
  directory: Directory,
  lease: LeaseId,
  text: string,
  use: (draft: string) => Promise<T>,
): Promise<T> {
  const draft = join(directory.drafts, draftName(lease));
  try {
    await writeDraft(directory, draft, text);
    return await use(draft);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
}

async function writeDraft(directory: Directory, draft: string, text: string): Promise<void> {
  const write = () => writeFile(draft, text, { flag: "wx", mode: 0o600 });
  try {
    await write();
  } catch (error) {
    if (!isMissing(error)) throw error;
    // Somebody removed the folders.
    await prepareDirectory(directory);
    await write();
  }
}
