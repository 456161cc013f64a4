/**
 * Looks at every package that is published as its users will get it: what is in the archive, whether its `exports` lead to
 * files (publint), and whether TypeScript finds its types from outside (attw).
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { readJson, root, workspaces } from "./workspaces.js";

const unwanted = /\.(?:test|types|fixture)\.|tsbuildinfo|(?:^|\/)tsconfig/;
const archives = mkdtempSync(join(tmpdir(), "packages-"));

try {
  const failed = workspaces()
    .filter(({ manifest }) => !manifest.private)
    .filter(({ folder }) => !isFine(folder));
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  rmSync(archives, { recursive: true, force: true });
}

function isFine(/** @type {string} */ folder) {
  const [{ files, filename }] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", archives], join(root, folder)).stdout,
  );
  const paths = /** @type {string[]} */ (files.map((/** @type {{ path: string }} */ { path }) => path));
  const { exports, bin } = readJson(`${folder}/package.json`);
  const wrong = [
    ...paths.filter((path) => unwanted.test(path)).map((path) => `${path} is not for users: exclude it in \`files\``),
    ...[...targetsOf(exports), ...targetsOf(bin)]
      .filter((target) => !paths.includes(target))
      .map((target) => `${target} is named in \`exports\` or \`bin\`, but not in the archive`),
    ...targetsOf(bin)
      .filter((target) => paths.includes(target) && !isCommand(`${root}/${folder}/${target}`))
      .map((target) => `${target} is a command: it must be executable, and begin with #!/usr/bin/env node`),
    ...paths
      .filter((path) => path.endsWith(".map"))
      .flatMap((path) => sourcesOf(folder, path).map((source) => ({ path, source })))
      .filter(({ source }) => !paths.includes(source))
      .map(({ path, source }) => `${path} leads to ${source}, which is not in the archive`),
  ];
  for (const text of wrong.slice(0, 20)) console.error(`${folder}: ${text}`);

  const archive = join(archives, filename);
  const publint = run("node_modules/.bin/publint", ["run", archive, "--strict"]);
  const judged = [publint];
  // What is a command only has no types that somebody could import.
  if (exports !== undefined || bin === undefined)
    judged.push(run("node_modules/.bin/attw", [archive, "--profile", "esm-only", "--no-emoji", "--format", "ascii"]));
  for (const { status, stdout, stderr } of judged) if (status !== 0) console.error(`${folder}:\n${stdout}${stderr}`);
  const fine = wrong.length === 0 && judged.every(({ status }) => status === 0);
  console.log(`${fine ? "✔" : "✖"} ${folder}: ${paths.length} files`);
  return fine;
}

/** Every file that an `exports` or `bin` object leads to, as it is named in the archive. @returns {string[]} */
function targetsOf(/** @type {unknown} */ exports) {
  if (typeof exports === "string") return [exports.replace(/^\.\//, "")];
  return Object.values(exports ?? {}).flatMap(targetsOf);
}

function isCommand(/** @type {string} */ file) {
  return (statSync(file).mode & 0o111) === 0o111 && readFileSync(file, "utf8").startsWith("#!/usr/bin/env node\n");
}

/** The files that a source map leads to, as they would be named in the archive. @returns {string[]} */
function sourcesOf(/** @type {string} */ folder, /** @type {string} */ map) {
  const { sources, sourceRoot = "" } = readJson(`${folder}/${map}`);
  return sources.map((/** @type {string} */ source) => posix.join(posix.dirname(map), sourceRoot, source));
}

function run(/** @type {string} */ command, /** @type {string[]} */ args, cwd = root) {
  const result = spawnSync(command, args, { cwd, encoding: "utf8", maxBuffer: 2 ** 26 });
  if (result.error !== undefined) throw result.error;
  if (command === "npm" && result.status !== 0)
    throw new Error(`${args.join(" ")} in ${cwd} failed:\n${result.stderr}`);
  return result;
}
