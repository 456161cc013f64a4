import { resolve } from "node:path";
import { checkOptions } from "@rpc/core";
import { apply, type Plan, planFor } from "./disk/apply.js";
import { type Remembered, recall, remember } from "./disk/cache.js";
import type { GenerateOptions, GenerateResult, Settings } from "./options.js";
import { GenerateError } from "./refusal.js";

/**
 * Writes a client for each `@Service` class of a project, and the contract of all, and returns what it did. Sources are
 * read, nothing of them runs. Rejects with a `GenerateError` that names everything that is in the way, and has then
 * written nothing.
 */
export async function generate(options: GenerateOptions = {}): Promise<GenerateResult> {
  const { check = false, cache = true, signal } = options;
  const settings = settingsOf(options);
  const { cwd, out } = settings;
  const before = cache ? recall(settings) : undefined;
  const { services, files, warnings, read } = before ?? (await readAndWrite(settings, cache, signal));
  signal?.throwIfAborted();
  const shown = out.startsWith(`${cwd}/`) ? out.slice(cwd.length + 1) : out;
  const plan = planFor(out, files, shown);
  if (plan.refusals.length > 0) throw new GenerateError(plan.refusals);
  if (!check) applyOrTell(plan, shown);
  const paths = (names: readonly string[]): string[] => names.map((name) => `${shown}/${name}`);
  const [written, removed] = [paths(Object.keys(plan.write)), paths(plan.remove)];
  return {
    services,
    written,
    removed,
    unchanged: paths(plan.unchanged),
    upToDate: !check || written.length + removed.length === 0,
    warnings,
    fromCache: before !== undefined,
    read,
  };
}

function applyOrTell(plan: Plan, shown: string): void {
  try {
    apply(plan);
  } catch (error) {
    const reason = `it cannot be written: ${error instanceof Error ? error.message : String(error)}`;
    throw new GenerateError([{ file: shown, reason, fix: "make the folder writable, or choose another one" }]);
  }
}

async function readAndWrite(settings: Settings, cache: boolean, signal: AbortSignal | undefined): Promise<Remembered> {
  // The compiler takes a third of a second to load, and a run in which nothing changed does without.
  const { openDisk } = await import("./read/recorded-disk.js");
  const { readServices } = await import("./read/read-services.js");
  const { filesOf } = await import("./write/files.js");
  const disk = openDisk(settings.out);
  const { services: found, refusals, warnings, read } = await readServices(settings, disk, signal);
  const shown = settings.out.startsWith(`${settings.cwd}/`)
    ? settings.out.slice(settings.cwd.length + 1)
    : settings.out;
  const { services, files, refusals: clashes } = filesOf(found, shown);
  if (refusals.length + clashes.length > 0) throw new GenerateError([...refusals, ...clashes]);
  const remembered = { services, files, warnings, read };
  if (cache) remember(settings, remembered, disk.observed);
  return remembered;
}

function settingsOf(options: GenerateOptions): Settings {
  checkOptions("generate", options, {
    cwd: "string",
    project: "string",
    sources: "list",
    out: "string",
    check: "boolean",
    cache: "boolean",
    signal: "any",
  });
  const { project, sources = [], out = "src/generated" } = options;
  const cwd = slashed(resolve(options.cwd ?? "."));
  return {
    cwd,
    project: project === undefined ? undefined : slashed(resolve(cwd, project)),
    sources: sources.map((source) => slashed(resolve(cwd, source))),
    out: slashed(resolve(cwd, out)),
  };
}

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}
