/**
 * What every script needs before it starts: a fitting Node, and the dependencies installed.
 *
 * Uses nothing but Node itself, because it runs where nothing is installed yet.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { dirname, relative } from "node:path";
import { root, workspaces } from "./workspaces.js";

const oldestNode = { major: 20, minor: 20 };

/** Ends the process with what to do next if this Node is too old; installs with `npm ci` where nothing is installed. */
export function setUp() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < oldestNode.major || (major === oldestNode.major && minor < oldestNode.minor)) {
    stop(`Node ${oldestNode.major}.${oldestNode.minor} or later is needed; this is ${process.version}.`);
  }
  if (!existsSync(`${root}/node_modules/.package-lock.json`)) {
    console.log("Nothing is installed yet: npm ci");
    const { command, args } = npm("ci");
    runOrStop("npm ci", command, args);
  }
  const stale = outdated();
  if (stale !== undefined) stop(`node_modules does not match package-lock.json (${stale}). Run \`npm ci\`.`);
}

/**
 * Compiles what changed since the last time, and removes what was compiled from sources that are gone.
 * Ends the process with the compiler's messages if it fails.
 */
export async function build() {
  for (const { folder } of workspaces()) removeOrphans(`${root}/${folder}`);
  runOrStop("the build", process.execPath, ["node_modules/typescript7/bin/tsc", "--build"]);
  // Installed by now, which it was perhaps not when this file was loaded.
  const { bundleCore } = await import("./bundle.js");
  bundleCore();
  linkCommands();
}

/** Lets `npx rpc` find what was just built: npm has linked no command whose file was not there when it installed. */
function linkCommands() {
  for (const { folder, manifest } of workspaces()) {
    for (const [name, file] of Object.entries(manifest.bin ?? {})) {
      chmodSync(`${root}/${folder}/${file}`, 0o755);
      const link = `${root}/node_modules/.bin/${name}`;
      if (!existsSync(link)) symlinkSync(relative(dirname(link), `${root}/${folder}/${file}`), link);
    }
  }
}

/** tsc never deletes: what it wrote for a source that was moved could still be imported, and would be published. */
function removeOrphans(/** @type {string} */ folder) {
  if (!existsSync(`${folder}/dist`)) return;
  for (const entry of readdirSync(`${folder}/dist`, { recursive: true, encoding: "utf8" })) {
    const stem = /^(.*)\.(?:js|js\.map|d\.ts|d\.ts\.map)$/.exec(entry)?.[1];
    if (stem !== undefined && !existsSync(`${folder}/src/${stem}.ts`)) rmSync(`${folder}/dist/${entry}`);
  }
}

/** The command and arguments that run npm: the one that started this process, or else the one on the path. */
function npm(/** @type {string[]} */ ...args) {
  const running = process.env["npm_execpath"];
  return running?.endsWith(".js") ? { command: process.execPath, args: [running, ...args] } : { command: "npm", args };
}

/** The first package that is installed in another version than the lock says, or not at all; undefined if all fit. */
function outdated() {
  const wanted = JSON.parse(readFileSync(`${root}/package-lock.json`, "utf8")).packages;
  const installed = JSON.parse(readFileSync(`${root}/node_modules/.package-lock.json`, "utf8")).packages;
  return Object.keys(wanted).find((path) => {
    if (!path.startsWith("node_modules/") || wanted[path].optional || wanted[path].peer) return false;
    return installed[path]?.version !== wanted[path].version;
  });
}

function runOrStop(/** @type {string} */ what, /** @type {string} */ command, /** @type {readonly string[]} */ args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (error !== undefined) stop(`${what} could not be started: ${error.message}`);
  if (status !== 0) stop(`${what} failed`);
}

/** @returns {never} */
function stop(/** @type {string} */ why) {
  console.error(why);
  process.exit(1);
}
