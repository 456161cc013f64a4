import { relative, resolve } from "node:path";
import type { Io } from "../io.js";
import { checkProjectName, unscoped } from "./names.js";
import { findTarballs } from "./packed.js";
import { projectFiles } from "./project-files.js";
import { checkFree, writeProject } from "./write-project.js";

export interface NewProjectOptions {
  /** Of the npm package; a scope may precede it. */
  readonly name: string;
  /** Where it is written: missing or empty. Defaults to the name without its scope, in the folder at hand. */
  readonly folder?: string | undefined;
  /** Whether its manifests let pods talk without encryption, and to anybody. Defaults to false. */
  readonly insecure?: boolean | undefined;
  /** Whether nothing is written. Defaults to false. */
  readonly dryRun?: boolean | undefined;
  /** A folder of what `npm pack` made of our packages, for the project to be installed from. Defaults to the registry of npm. */
  readonly packages?: string | undefined;
}

/** What was made, or would be. */
export interface Made {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  /** In it, in order. */
  readonly files: readonly string[];
  /** What to type next, in the folder from which `rpc` was called. */
  readonly commands: readonly string[];
}

/**
 * Writes a new project, whole or not at all. Rejects with a `CliError` where the name cannot be, or the folder is not free;
 * then, and when interrupted, nothing has changed.
 */
export async function newProject(options: NewProjectOptions, io: Pick<Io, "cwd" | "signal">): Promise<Made> {
  const { name, insecure = false, dryRun = false, packages } = options;
  checkProjectName(name);
  const folder = resolve(io.cwd, options.folder ?? unscoped(name));
  await checkFree(folder);
  const tarballs = packages === undefined ? undefined : await findTarballs(resolve(io.cwd, packages));
  const files = await projectFiles({ name, insecure, tarballs });
  if (!dryRun) await writeProject(folder, files, io.signal);
  return {
    name,
    folder,
    files: [...files.keys()],
    commands: [`cd ${quoted(relative(io.cwd, folder))}`, "npm install", "npm test", "npm start"],
  };
}

/** As a shell reads it. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
