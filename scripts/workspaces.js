/** The workspaces of this repository, read from the disk. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The repository's folder, without a slash at its end. */
export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {boolean} [private]
 * @property {Record<string, string>} [bin]   commands that it brings
 * @property {unknown} [exports]
 *
 * @typedef {object} Workspace
 * @property {string} folder   from the repository's folder, such as `packages/core`
 * @property {Manifest} manifest
 */

/** Every folder that the workspaces of package.json name and that holds a package.json, in order of name. */
export function workspaces() {
  const patterns = /** @type {string[]} */ (readJson("package.json").workspaces);
  const folders = patterns.flatMap((pattern) => {
    if (!pattern.endsWith("/*")) return [pattern];
    const parent = pattern.slice(0, -2);
    return existsSync(`${root}/${parent}`)
      ? readdirSync(`${root}/${parent}`)
          .sort()
          .map((name) => `${parent}/${name}`)
      : [];
  });
  return folders
    .filter((folder) => existsSync(`${root}/${folder}/package.json`))
    .map((folder) => /** @type {Workspace} */ ({ folder, manifest: readJson(`${folder}/package.json`) }));
}

/** The content of a JSON file, given from the repository's folder. */
export function readJson(/** @type {string} */ path) {
  return JSON.parse(readFileSync(`${root}/${path}`, "utf8"));
}
