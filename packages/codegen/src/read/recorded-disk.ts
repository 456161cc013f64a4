import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import type { FileSystemHost, RuntimeDirEntry } from "ts-morph";

/**
 * What a run asked of the disk, and what it was told: for a file the hash of its text, for a path whether it is one, for
 * a folder the hash of its list, for a link where it leads. Where all of it is still so, so is the result.
 */
export interface Observations {
  readonly files: Record<string, string>;
  readonly fileExists: Record<string, boolean>;
  readonly folderExists: Record<string, boolean>;
  readonly folders: Record<string, string>;
  readonly links: Record<string, string>;
}

/** The disk as the compiler sees it: to be read only, and with a memory of what was read. */
export interface RecordedDisk extends FileSystemHost {
  readonly observed: Observations;
  /** Files and folders of a folder, in order. */
  list(folder: string): readonly RuntimeDirEntry[];
}

/**
 * Returns the disk with nothing seen of it yet. What is written to the folder `out`, and folders made for that, are not
 * seen in the lists of others: else a run would change what it has read.
 */
export function openDisk(out: string): RecordedDisk {
  const observed: Observations = { files: {}, fileExists: {}, folderExists: {}, folders: {}, links: {} };
  const list = (folder: string): RuntimeDirEntry[] => {
    const entries = listFolder(folder).filter(({ name }) => name !== out);
    observed.folders[folder] = hashOf(namesOf(entries, out));
    const next = onTheWay(folder, out);
    if (next !== undefined && observed.folders[next] === undefined) list(next);
    return entries;
  };
  const readFileSync = (path: string): string => {
    const text = readText(path);
    observed.files[path] = text === undefined ? missing : hashOf(text);
    if (text === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: "ENOENT" });
    return text;
  };
  const fileExistsSync = (path: string): boolean => (observed.fileExists[path] ??= isFile(path));
  const directoryExistsSync = (path: string): boolean => (observed.folderExists[path] ??= isFolder(path));
  return {
    observed,
    list,
    isCaseSensitive: () => true,
    readDirSync: list,
    readFileSync,
    readFile: async (path) => readFileSync(path),
    fileExistsSync,
    fileExists: async (path) => fileExistsSync(path),
    directoryExistsSync,
    directoryExists: async (path) => directoryExistsSync(path),
    realpathSync: (path) => (observed.links[path] ??= realPath(path)),
    getCurrentDirectory: () => "/",
    glob: async () => [],
    globSync: () => [],
    ...readOnly,
  };
}

/** Whether the disk would answer as it did. */
export function stillSo(observed: Observations, out: string): boolean {
  const all = <T>(record: Readonly<Record<string, T>>, now: (path: string) => T): boolean =>
    Object.entries(record).every(([path, before]) => now(path) === before);
  return (
    all(observed.files, fileHash) &&
    all(observed.folders, (path) => hashOf(namesOf(listFolder(path), out))) &&
    all(observed.fileExists, isFile) &&
    all(observed.folderExists, isFolder) &&
    all(observed.links, realPath)
  );
}

/** Returns a text's hash, short enough to be kept by the thousand. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

const missing = "-";

function fileHash(path: string): string {
  const text = readText(path);
  return text === undefined ? missing : hashOf(text);
}

/** The folder within `folder` that leads to `out`, if it is not `out` itself. */
function onTheWay(folder: string, out: string): string | undefined {
  if (!out.startsWith(`${folder}/`)) return undefined;
  const next = `${folder}/${out.slice(folder.length + 1).split("/")[0]}`;
  return next === out ? undefined : next;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

function listFolder(folder: string): RuntimeDirEntry[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries
      .map((entry) => {
        const name = `${folder}/${entry.name}`;
        const link = entry.isSymbolicLink();
        return {
          name,
          isFile: link ? isFile(name) : entry.isFile(),
          isDirectory: link ? isFolder(name) : entry.isDirectory(),
          isSymlink: link,
        };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

function namesOf(entries: readonly RuntimeDirEntry[], out: string): string {
  const others = entries.filter(({ name }) => name !== out && !out.startsWith(`${name}/`));
  return others.map(({ name, isDirectory }) => `${name}${isDirectory ? "/" : ""}`).join("\n");
}

function refuse(): never {
  throw new Error("sources are only read");
}

const readOnly = {
  delete: async () => refuse(),
  deleteSync: refuse,
  writeFile: async () => refuse(),
  writeFileSync: refuse,
  mkdir: async () => refuse(),
  mkdirSync: refuse,
  move: async () => refuse(),
  moveSync: refuse,
  copy: async () => refuse(),
  copySync: refuse,
} satisfies Partial<FileSystemHost>;
