import { access, readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { CliError } from "../cli-error.js";
import { unscoped } from "../new/names.js";

/** A project, as far as a service that is added has to fit into it. */
export interface Project {
  /** Absolute. */
  readonly folder: string;
  /** Of its package, without a scope. */
  readonly name: string;
  /** Its entry file; undefined where there is none. */
  readonly main: string | undefined;
  /** What its manifests say of encryption; undefined where it has none. */
  readonly insecure: boolean | undefined;
}

/** Finds the project that a folder lies in. Rejects with a `CliError` where it is none as `rpc new` makes them. */
export async function findProject(cwd: string): Promise<Project> {
  const folder = await above(cwd);
  const { name } = readManifest(await readFile(join(folder, "package.json"), "utf8"), join(folder, "package.json"));
  if (!(await exists(join(folder, "src/services")))) {
    const where = relative(cwd, folder) || ".";
    throw new CliError(`${where} has no src/services: this adds to projects as rpc new makes them`);
  }
  return {
    folder,
    name: unscoped(name),
    main: await readFile(join(folder, "src/main.ts"), "utf8").catch(() => undefined),
    insecure: await insecureIn(join(folder, "k8s")),
  };
}

async function above(cwd: string): Promise<string> {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (await exists(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder))
      throw new CliError(`there is no package.json in ${cwd}, or above: run it in a project`);
  }
}

function readManifest(text: string, path: string): { readonly name: string } {
  try {
    const { name } = JSON.parse(text) as { readonly name?: unknown };
    if (typeof name === "string" && name !== "") return { name };
  } catch (cause) {
    throw new CliError(`${path} is no JSON`, undefined, { cause });
  }
  throw new CliError(`${path} has no name`);
}

async function insecureIn(folder: string): Promise<boolean | undefined> {
  const names = (await readdir(folder).catch((): string[] => [])).filter((name) => name.endsWith(".yaml"));
  if (names.length === 0) return undefined;
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return texts.some((text) => /^[^#\n]*\bRPC_INSECURE\b/m.test(text));
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
