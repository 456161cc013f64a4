/** Which lines of the packages the tests ran, and whether they are enough. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, workspaces } from "../workspaces.js";

/** Where processes of tests write what they ran, if told so by NODE_V8_COVERAGE. */
export const rawCoverage = `${root}/coverage/raw`;

/** Lines of all packages together that the tests must run, in per cent. */
const enoughLines = 95;

/** Forgets what earlier runs wrote. */
export function forgetCoverage() {
  rmSync(rawCoverage, { recursive: true, force: true });
}

/**
 * Prints a summary, writes the rest to coverage/, and returns whether enough lines were run. What registries do is run by their
 * `*.proc.test.ts` alone: without those they do not count.
 */
export function enoughCoverage(/** @type {{ readonly withoutProc: boolean }} */ { withoutProc }) {
  const excluded = ["**/*.test.*", "**/*.types.*", "**/*.fixture.*", "packages/core/*/testing/**", ...onlyTypes()];
  if (withoutProc) excluded.push("packages/registry-*/**");
  const args = [
    "node_modules/c8/bin/c8.js",
    "report",
    ...["--temp-directory", rawCoverage, "--reports-dir", "coverage"],
    ...["--all", "--src", "packages", "--include", "packages/*/dist/**/*.js", "--include", "packages/*/src/**/*.ts"],
    ...["--exclude-after-remap", ...excluded.flatMap((pattern) => ["--exclude", pattern])],
    ...["--reporter", "text-summary", "--reporter", "html"],
    ...["--check-coverage", "--lines", String(enoughLines), "--functions", "0", "--branches", "0", "--statements", "0"],
  ];
  return spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] }).status === 0;
}

/** Files of which nothing is left but `export {}`: there is no line that a test could run. */
function onlyTypes() {
  return workspaces().flatMap(({ folder }) => {
    if (!folder.startsWith("packages/")) return [];
    return readdirSync(join(root, folder, "dist"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".js") && isEmpty(join(root, folder, "dist", name)))
      .flatMap((name) => [`${folder}/dist/${name}`, `${folder}/src/${name.replace(/\.js$/, ".ts")}`]);
  });
}

function isEmpty(/** @type {string} */ path) {
  const code = readFileSync(path, "utf8").replaceAll(/\/\*[\s\S]*?\*\/|^\/\/.*$/gm, "");
  return code.trim() === "export {};";
}
