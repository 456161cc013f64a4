import { type Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Class, isClass, shown } from "../notes/class-ref.js";
import { isService } from "../notes/service.js";
import { startUpError } from "../start-up-error.js";

const module = /\.[cm]?[jt]s$/;
const notServices = /\.d\.[cm]?ts$|\.(test|spec)\.[cm]?[jt]s$/;

/**
 * Imports every module of a folder and of those below it, and returns the classes with `@Service` that they export, each
 * once, for `createApp`: `services: await scan(new URL("./services/", import.meta.url))`. A string is an absolute path.
 *
 * Modules are files that end in .js, .mjs or .cjs, and, for who runs TypeScript by a loader, in .ts, .mts or .cts where no
 * compiled one stands beside them. Left out are *.d.ts, *.test.*, *.spec.*, and folders called node_modules or beginning
 * with a dot. Rejects with `invalid_argument` / `SCAN_FAILED`, naming the file or folder, where a module cannot be
 * imported, where there is no such folder, and where nothing in it is a service.
 */
export async function scan(folder: URL | string): Promise<Class[]> {
  const path = pathOf(folder);
  const found = new Set<Class>();
  const files = await modulesIn(path);
  for (const file of files) {
    for (const value of Object.values(await load(file))) if (isClass(value) && isService(value)) found.add(value);
  }
  if (found.size > 0) return [...found];
  throw scanFailed(
    files.length === 0
      ? `there is no module in ${path}: is it the folder of the compiled files?`
      : `none of the ${files.length} modules in ${path} exports a class with @Service`,
  );
}

function pathOf(folder: URL | string): string {
  if (folder instanceof URL && folder.protocol === "file:") return fileURLToPath(folder);
  if (typeof folder === "string" && isAbsolute(folder)) return folder;
  const given = folder instanceof URL ? folder.href : shown(folder);
  throw scanFailed(`a folder is wanted, new URL("./services/", import.meta.url) or an absolute path, not ${given}`);
}

async function modulesIn(folder: string): Promise<string[]> {
  const entries = await entriesOf(folder);
  const files = entries.filter((entry) => entry.isFile() && module.test(entry.name) && !notServices.test(entry.name));
  const names = new Set(files.map(({ name }) => name));
  const here = [...names].filter((name) => !names.has(compiled(name))).map((name) => join(folder, name));
  const folders = entries.filter(
    (entry) => entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith("."),
  );
  const below = await Promise.all(folders.map(({ name }) => modulesIn(join(folder, name))));
  return [...here.sort(), ...below.flat()];
}

/** The name of what a compiler makes of a TypeScript file; nothing's name for others. */
function compiled(name: string): string {
  return /ts$/.test(name) ? name.replace(/ts$/, "js") : "";
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === "ENOENT"
        ? "there is no such folder"
        : code === "ENOTDIR"
          ? "that is a file"
          : `it cannot be read (${code})`;
    throw scanFailed(`${folder}: ${why}`, error);
  }
}

async function load(file: string): Promise<object> {
  try {
    return (await import(pathToFileURL(file).href)) as object;
  } catch (error) {
    throw scanFailed(`${file} cannot be imported: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

function scanFailed(message: string, cause?: unknown): Error {
  return startUpError("SCAN_FAILED", `scan: ${message}`, cause);
}
