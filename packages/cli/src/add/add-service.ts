import { access } from "node:fs/promises";
import { join } from "node:path";
import { CliError } from "../cli-error.js";
import type { Io } from "../io.js";
import { checkServiceName, fileNameOf } from "../new/names.js";
import { serviceFiles } from "../new/service-files.js";
import { changeFiles } from "./change-files.js";
import { findProject } from "./project.js";
import { regenerate } from "./regenerate.js";
import { byHand, wire } from "./wire.js";

export interface AddServiceOptions {
  /** Of the service and of its class. */
  readonly service: string;
  /** Whether nothing is written. Defaults to false. */
  readonly dryRun?: boolean | undefined;
}

/** What was added, or would be; paths are those in the project. */
export interface Added {
  /** Absolute. */
  readonly folder: string;
  readonly made: readonly string[];
  /** Files that were there; clients are not among them. */
  readonly changed: readonly string[];
  /** Clients that were written anew; empty where nothing is written. */
  readonly generated: readonly string[];
  /** What to add to `src/main.ts` by hand, where that is not as `rpc new` wrote it; undefined where it was done. */
  readonly byHand: string | undefined;
}

const main = "src/main.ts";

/**
 * Adds a service to the project at hand: class, test, manifest, its place in the entry file, clients. Rejects with a `CliError`
 * where the name cannot be, where anything of that name is there, or where clients cannot be written; then, and when
 * interrupted, everything is as it was.
 */
export async function addService(options: AddServiceOptions, io: Pick<Io, "cwd" | "signal">): Promise<Added> {
  const { service, dryRun = false } = options;
  checkServiceName(service);
  const project = await findProject(io.cwd);
  const made = await serviceFiles({ service, project: project.name, insecure: project.insecure ?? false });
  for (const path of [...made.keys()]) {
    if (project.insecure === undefined && path.startsWith("k8s/"))
      made.delete(path); // it has no manifests at all
    else await checkAbsent(project.folder, path);
  }
  const file = fileNameOf(service);
  const wired = project.main === undefined ? undefined : wire(project.main, service, file);
  const replaced = new Map(wired === undefined ? [] : [[main, { before: project.main ?? "", after: wired }]]);
  let generated: readonly string[] = [];
  if (!dryRun) {
    await changeFiles(project.folder, { made, replaced }, io.signal, async () => {
      generated = await regenerate(project.folder, io.signal);
    });
  }
  return {
    folder: project.folder,
    made: [...made.keys()],
    changed: [...replaced.keys()],
    generated,
    byHand: wired === undefined ? byHand(service, file) : undefined,
  };
}

async function checkAbsent(folder: string, path: string): Promise<void> {
  const there = await access(join(folder, path)).then(
    () => true,
    () => false,
  );
  if (there) throw new CliError(`${path} exists: nothing was changed`);
}
