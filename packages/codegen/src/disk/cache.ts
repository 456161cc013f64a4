import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { GeneratedService, Settings } from "../options.js";
import { hashOf, type Observations, stillSo } from "../read/recorded-disk.js";

/** What a run wrote, and all that it read for that. */
export interface Remembered {
  readonly services: readonly GeneratedService[];
  readonly files: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  readonly read: readonly string[];
}

interface Entry extends Remembered {
  readonly key: string;
  readonly observed: Observations;
}

/**
 * Returns what a run with these settings would write, where one has and everything that it asked of the disk would be
 * answered the same way; undefined otherwise, also where the cache is broken.
 */
export function recall(settings: Settings): Remembered | undefined {
  const path = cachePath(settings);
  if (path === undefined) return undefined;
  try {
    const { text, sum } = JSON.parse(readFileSync(path, "utf8")) as { text: string; sum: string };
    if (hashOf(text) !== sum) return undefined;
    const entry = JSON.parse(text) as Entry;
    return entry.key === keyOf(settings) && stillSo(entry.observed, settings.out) ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps what a run wrote. That it cannot is no error: the next run is slower. */
export function remember(settings: Settings, remembered: Remembered, observed: Observations): void {
  const path = cachePath(settings);
  if (path === undefined) return;
  const text = JSON.stringify({ ...remembered, key: keyOf(settings), observed } satisfies Entry);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, JSON.stringify({ text, sum: hashOf(text) }));
    renameSync(`${path}.${process.pid}`, path);
  } catch {} // a read-only node_modules, a full disk
}

/** In the nearest node_modules: a project that uses what is generated has one. */
function cachePath(settings: Settings): string | undefined {
  const name = `${hashOf(JSON.stringify(settings)).slice(0, 16)}.json`;
  for (let at = settings.cwd; at !== "" && at !== "."; at = at.slice(0, at.lastIndexOf("/"))) {
    if (statSync(`${at}/node_modules`, { throwIfNoEntry: false })?.isDirectory()) {
      return `${at}/node_modules/.cache/rpc-generate/${name}`;
    }
  }
  return undefined;
}

/** The settings, and the very code that reads and writes; of what it uses of others, the version. */
function keyOf(settings: Settings): string {
  const schema = dirname(fileURLToPath(import.meta.resolve("@rpc/schema")));
  const compiler = dirname(dirname(fileURLToPath(import.meta.resolve("ts-morph"))));
  const own = dirname(dirname(fileURLToPath(import.meta.url)));
  const used = readFileSync(`${compiler}/package.json`, "utf8");
  return hashOf(JSON.stringify([settings, process.version, codeIn(own), codeIn(schema), hashOf(used)]));
}

function codeIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".js") && !name.endsWith(".test.js"))
    .sort()
    .map((name) => hashOf(readFileSync(`${folder}/${name}`, "utf8")));
}
