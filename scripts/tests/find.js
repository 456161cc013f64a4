/**
 * Finds the test files.
 *
 * A test is found by its source, so that what the compiler wrote for a source that is gone never runs; what runs is what the
 * compiler wrote. `x.test.ts` shares a process with all others; `x.proc.test.ts` has one of its own, because it starts
 * processes and kills them. `x.types.ts` is a test that does not run: it shows with `@ts-expect-error` what must not compile, and
 * the build fails where it does; nobody imports it, and no archive holds it.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root, workspaces } from "../workspaces.js";

/**
 * @typedef {object} TestFile
 * @property {string} name    the source, from the repository's folder: what people read
 * @property {string} path    the JavaScript that runs, absolute
 * @property {boolean} alone  whether it gets a process of its own
 */

/** Every test file of the repository in order of name, those that share a process first. @returns {TestFile[]} */
export function findTests() {
  const compiled = workspaces().flatMap(({ folder }) =>
    sourcesIn(`${folder}/src`, /\.test\.ts$/).map((name) => {
      const path = join(root, folder, "dist", name.slice(`${folder}/src/`.length).replace(/\.ts$/, ".js"));
      return testFile(name, path);
    }),
  );
  const plain = sourcesIn("scripts", /\.test\.js$/).map((name) => testFile(name, join(root, name)));
  return [...compiled, ...plain].sort((a, b) => Number(a.alone) - Number(b.alone) || (a.name < b.name ? -1 : 1));
}

function testFile(/** @type {string} */ name, /** @type {string} */ path) {
  return { name, path, alone: /\.proc\.test\.[jt]s$/.test(name) };
}

/** @returns {string[]} */
function sourcesIn(/** @type {string} */ folder, /** @type {RegExp} */ pattern) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
    .filter((path) => !path.includes("node_modules/"));
}
