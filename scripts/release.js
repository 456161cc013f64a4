/**
 * Gives all packages a new version: `npm run release:version -- 0.2.0`. Commits, tags and publishes nothing.
 *
 * lerna raises `dependencies` but leaves `peerDependencies` as they are, and npm then cannot write the lock, so they are raised here.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { readJson, root, workspaces } from "./workspaces.js";

const [version = ""] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) {
  console.error("Which version? For example: npm run release:version -- 0.2.0");
  process.exit(1);
}

const ours = new Set(workspaces().map(({ manifest }) => manifest.name));
for (const { folder } of workspaces()) {
  const manifest = readJson(`${folder}/package.json`);
  const peers = Object.keys(manifest.peerDependencies ?? {}).filter((name) => ours.has(name));
  if (peers.length === 0) continue;
  for (const name of peers) manifest.peerDependencies[name] = version;
  writeFileSync(`${root}/${folder}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
}
run("node_modules/lerna/dist/cli.js", [
  "version",
  version,
  "--exact",
  "--yes",
  "--no-git-tag-version",
  "--no-push",
  "--force-publish",
]);
writeFileSync(
  `${root}/packages/core/src/host/version.ts`,
  readFileSync(`${root}/packages/core/src/host/version.ts`, "utf8").replace(/"[^"]+";$/m, `"${version}";`),
);
run("scripts/complete-lock.js", []);
console.log(`\nNow: npm run check, commit, git tag v${version}, npm run release:publish`);

function run(/** @type {string} */ script, /** @type {string[]} */ args) {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}
