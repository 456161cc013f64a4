import type { Stats } from "node:fs";
import { lstat, mkdir, realpath, stat } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { failure, untrusted } from "./failures.js";

/** The folders of one cluster. */
export interface Directory {
  /** Where clusters lie side by side. */
  readonly root: string;
  /** Leases and changes of state: what watches look at. */
  readonly path: string;
  /** A file for each lease whose time of change its owner moves on. Apart, so that a beat wakes no watch. */
  readonly heartbeats: string;
  /** Files that are being written. Apart, so that nobody takes one for finished. */
  readonly drafts: string;
}

/**
 * Returns the folder that all processes of this user share unless told otherwise: `rpc-<user id>` in the system's
 * folder for temporary files.
 */
export function defaultRoot(): string {
  return join(tmpdir(), `rpc-${process.getuid?.() ?? userInfo().username}`);
}

/**
 * Returns the folders of a cluster, without touching them. Throws a TypeError if the cluster's name cannot be a
 * folder's.
 */
export function directoryOf(root: string, cluster: string): Directory {
  if (!/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}$/.test(cluster)) {
    const rule = "1 to 64 letters, digits, '_', '-' or '.', and not begin with '.'";
    throw new TypeError(`the cluster's name must have ${rule}, which ${JSON.stringify(cluster)} does not`);
  }
  const path = join(resolve(root), cluster);
  return { root: resolve(root), path, heartbeats: join(path, "heartbeats"), drafts: join(path, "drafts") };
}

/**
 * Makes the folders where they are missing, for this user alone. Rejects with `permission_denied` /
 * `REGISTRY_UNTRUSTED` where another user could put entries into them: clients would send their calls to whatever
 * stands there.
 */
export async function prepareDirectory({ root, path, heartbeats, drafts }: Directory): Promise<void> {
  try {
    for (const folder of [root, path, heartbeats, drafts]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await checkFolder(folder);
    }
    await checkAbove(root);
  } catch (error) {
    throw failure("make folders", path, error);
  }
}

async function checkFolder(folder: string): Promise<void> {
  const found = await lstat(folder);
  if (found.isSymbolicLink()) {
    throw untrusted(
      `the registry's directory ${folder} is a symbolic link, which could be turned elsewhere; name ${await targetOf(folder)} itself`,
    );
  }
  const uid = process.getuid?.();
  if (uid === undefined) return;
  if (found.uid !== uid) {
    throw untrusted(
      `the registry's directory ${folder} belongs to user ${found.uid}, and this process runs as user ${uid}; ` +
        "remove it, run as its owner, or name another with fileRegistry({ directory })",
    );
  }
  if (writableByOthers(found, 0o022)) {
    throw untrusted(
      `others than user ${uid} may write to the registry's directory ${folder}; run: chmod 700 ${folder}`,
    );
  }
}

/**
 * A folder above that everybody may write to, unless it is sticky, lets everybody put another folder in our folder's
 * place.
 */
async function checkAbove(root: string): Promise<void> {
  if (process.getuid === undefined) return;
  let folder = await realpath(root);
  while (folder !== dirname(folder)) {
    folder = dirname(folder);
    const found = await stat(folder);
    if (writableByOthers(found, 0o002) && (found.mode & 0o1000) === 0) {
      throw untrusted(
        `everybody may write to ${folder}, and so replace the registry's directory ${root} in it; ` +
          `run: chmod +t ${folder}, or name another with fileRegistry({ directory })`,
      );
    }
  }
}

function writableByOthers({ mode }: Stats, bits: number): boolean {
  return (mode & bits) !== 0;
}

async function targetOf(folder: string): Promise<string> {
  return realpath(folder).catch(() => "its target");
}
