import { readdir, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Finding, ok, warning, wrong } from "./finding.js";
import { jsonFile } from "./json-file.js";

const subject = "packages";
/** Levels of node_modules within node_modules that are looked at. */
const deepest = 3;

/** A package of ours, as it is installed. */
interface Installed {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

/** Whether all packages of ours have one version, and whether there is one `@rpc/core` for all: two of them do not know each other's errors. */
export async function lookAtPackages(cwd: string): Promise<readonly Finding[]> {
  const installed = await findInstalled(cwd);
  if (installed.length === 0)
    return [
      warning(subject, "none of @rpc is installed here", "npm install, or run rpc doctor in the project's folder"),
    ];
  const cores = installed.filter(({ name }) => name === "@rpc/core");
  const versions = new Map(installed.map(({ version, name }) => [version, name]));
  const findings: Finding[] = [];
  if (versions.size > 1) {
    const found = installed.map(({ name, version }) => `${name} ${version}`).join(", ");
    findings.push(
      wrong(subject, `their versions differ: ${found}`, "give all of @rpc the same version in package.json"),
    );
  }
  if (cores.length > 1) {
    const found = cores.map(({ folder }) => folder).join(", ");
    findings.push(
      wrong(
        subject,
        `there are ${cores.length} copies of @rpc/core: ${found}`,
        "npm dedupe; in a monorepo, one version in all workspaces",
      ),
    );
  }
  if (findings.length > 0) return findings;
  return [ok(subject, `${installed.length} of @rpc, all ${[...versions.keys()][0]}, one @rpc/core`)];
}

async function findInstalled(cwd: string): Promise<readonly Installed[]> {
  const found = new Map<string, Installed>();
  for (let folder = cwd; ; folder = dirname(folder)) {
    await lookInto(join(folder, "node_modules"), found, 0);
    if (dirname(folder) === folder) break;
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Notes what is in a node_modules, and in those of its packages: under its true path, since workspaces are links. */
async function lookInto(modules: string, found: Map<string, Installed>, depth: number): Promise<void> {
  for (const name of await namesIn(modules)) {
    if (name.startsWith(".")) continue;
    const scoped = name.startsWith("@")
      ? (await namesIn(join(modules, name))).map((each) => `${name}/${each}`)
      : [name];
    for (const each of scoped) {
      const folder = join(modules, each);
      if (each.startsWith("@rpc/")) await note(each, folder, found);
      if (depth < deepest) await lookInto(join(folder, "node_modules"), found, depth + 1);
    }
  }
}

async function note(name: string, folder: string, found: Map<string, Installed>): Promise<void> {
  const manifest = await jsonFile(join(folder, "package.json"));
  const path = await realpath(folder).catch(() => undefined);
  // Workspaces of a project that are called so are no packages of ours: these are published.
  if (manifest === undefined || path === undefined || manifest["private"] === true) return;
  found.set(path, { name, version: String(manifest["version"]), folder: path });
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
