/**
 * Writes into package-lock.json the optional packages of other platforms which npm left out of it.
 *
 * npm omits an optional package from the lock when the registry in use does not offer it (a mirror may lag behind),
 * and `npm ci` then refuses the lock on every machine, also on those that would never install that package.
 * An added entry has the version its parent pins and the platform its name says, and no integrity: npm adds that
 * on the platform where it is installed. `--check` changes nothing and exits with 1 if an entry is missing.
 */
import { readFileSync, writeFileSync } from "node:fs";

/** @typedef {{ version: string, dev?: true, optionalDependencies?: Record<string, string> }} Entry */

const lockUrl = new URL("../package-lock.json", import.meta.url);
const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const processors = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"];

const lock = JSON.parse(readFileSync(lockUrl, "utf8"));
const missing = missingOptional(lock.packages);

if (process.argv.includes("--check")) {
  for (const { path, version } of missing) console.error(`package-lock.json lacks ${path} ${version}`);
  if (missing.length > 0) console.error("Run `npm run lock`: without these entries `npm ci` refuses the lock.");
  process.exitCode = missing.length > 0 ? 1 : 0;
} else if (missing.length > 0) {
  for (const { path, version, parent } of missing) lock.packages[path] = entryFor(path, version, parent);
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")));
  writeFileSync(lockUrl, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`package-lock.json: added ${missing.length} optional packages of other platforms`);
}

function missingOptional(/** @type {Record<string, Entry>} */ packages) {
  const found = [];
  for (const [parentPath, parent] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const nested = `${parentPath}/node_modules/${name}`;
      const hoisted = `node_modules/${name}`;
      if (packages[nested] === undefined && packages[hoisted] === undefined)
        found.push({ path: hoisted, version, parent });
    }
  }
  return found;
}

function entryFor(/** @type {string} */ path, /** @type {string} */ version, /** @type {Entry} */ parent) {
  if (!/^\d+\.\d+\.\d+/.test(version))
    throw new Error(`${path}: its parent asks for ${version}; only a pinned version can be added`);
  const words = path.split(/[/-]/);
  const os = words.filter((word) => systems.includes(word));
  const cpu = words.filter((word) => processors.includes(word));
  if (os.length !== 1 || cpu.length !== 1) throw new Error(`${path}: the name does not say for which platform it is`);
  const libc = os[0] !== "linux" ? undefined : /musl/.test(path) ? ["musl"] : ["glibc"];
  return { version, cpu, ...(parent.dev && { dev: true }), ...(libc && { libc }), optional: true, os };
}
