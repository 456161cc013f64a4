/**
 * Makes `packages/cli/templates/project.txt`, from which `rpc new` writes projects, of the project in `examples/scaffolded`:
 * that one is compiled, checked and tested as everything else here. Its manifests go the other way, as each service has one:
 * they are made of `packages/cli/templates/service.txt`. A test holds all of it to be the same. Run it after a build.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serviceFiles } from "../packages/cli/dist/new/service-files.js";
import { root } from "./workspaces.js";

const example = join(root, "examples/scaffolded");
/** Of this repository, or written for each service by itself (templates/service.txt). */
const leftOut = /^(?:node_modules|dist|k8s)\/|^tsconfig\.workspace\.json$|^package-lock\.json$/;

writeFileSync(join(root, "packages/cli/templates/project.txt"), filesOf(example).map(asTemplate).join(""));

for (const service of ["Orders", "Stock"]) {
  for (const [path, text] of await serviceFiles({ service, project: "shop", insecure: false })) {
    if (path.startsWith("k8s/")) writeFileSync(join(example, path), text);
  }
}

function filesOf(/** @type {string} */ folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .filter((path) => !leftOut.test(path))
    .sort();
}

function asTemplate(/** @type {string} */ path) {
  const text = readFileSync(join(example, path), "utf8").replace(/\bshop\b/g, "{{name}}");
  return `==== ${path}\n${path === "package.json" ? withoutVersions(text) : text}`;
}

/** Our packages have the version of the command that writes the project, and the project begins with its own first one. */
function withoutVersions(/** @type {string} */ manifest) {
  return manifest
    .replace(/("@rpc\/[a-z-]+": )"[^"]+"/g, '$1"{{version}}"')
    .replace(/("version": )"[^"]+"/, '$1"0.1.0"');
}
