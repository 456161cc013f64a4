import { readFile } from "node:fs/promises";
import { unscoped } from "./names.js";
import { type Tarballs, withTarballs } from "./packed.js";
import { serviceFiles } from "./service-files.js";
import { readTemplate } from "./template.js";

/** A project that is to be written. */
export interface NewProject {
  /** Of the npm package. */
  readonly name: string;
  /** Whether its pods talk without encryption, and to anybody. */
  readonly insecure: boolean;
  /** Where our packages come from; undefined: from the registry of npm. */
  readonly tarballs?: Tarballs | undefined;
}

/** Returns the files of a project by their paths in it, in order. */
export async function projectFiles({ name, insecure, tarballs }: NewProject): Promise<Map<string, string>> {
  const project = unscoped(name);
  const files = await readTemplate("project", { name: project, version: await ownVersion() });
  for (const service of ["Orders", "Stock"]) {
    for (const [path, text] of await serviceFiles({ service, project, insecure })) {
      if (path.startsWith("k8s/")) files.set(path, text);
    }
  }
  if (insecure) edit(files, "README.md", withoutSecrets);
  if (name !== project)
    edit(files, "package.json", (text) => text.replace(`"name": "${project}"`, `"name": "${name}"`));
  if (tarballs !== undefined) edit(files, "package.json", (text) => withTarballs(text, tarballs));
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Our packages have one version, so that a project takes the one of the command that wrote it. */
async function ownVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
  return (manifest as { version: string }).version;
}

function edit(files: Map<string, string>, path: string, change: (text: string) => string): void {
  const text = files.get(path);
  if (text === undefined) throw new TypeError(`the template has no ${path}`);
  const changed = change(text);
  if (changed === text) throw new TypeError(`${path} of the template is not as it is expected here`);
  files.set(path, changed);
}

function withoutSecrets(readme: string): string {
  return readme
    .replace(/^kubectl create secret .*\n/m, "")
    .replace(
      /^Connections between pods are encrypted[\s\S]*?Without the secrets no pod starts\./m,
      "**INSECURE**, as this project was made with `--insecure`: the manifests set `RPC_INSECURE`, so that whoever reaches a pod\nmay call it, and whoever is on the way can read and change what is said. `src/settings.ts` shows what to set instead.",
    );
}
