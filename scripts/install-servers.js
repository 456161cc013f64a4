/**
 * Installs what tests take from the system and is not there: the servers of the registries, and iproute2 for network namespaces.
 *
 * Takes Debian's packages with apt-get, as root; elsewhere it says what is missing, and the tests of it are skipped by name. No
 * service is started by it, now or with the machine. Uses nothing but Node itself: it may run before anything is installed.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

/** What asks Debian's packages whether they may start their services: 101 is no. */
const policy = "/usr/sbin/policy-rc.d";
const refusal =
  "#!/bin/sh\n# Of scripts/install-servers.js, while it installs. Remove it if that does not run.\nexit 101\n";
const services = ["etcd", "redis-server"];

/** What there must be, and the packages that bring it. @type {readonly { there: () => boolean, packages: readonly string[] }[]} */
const wanted = [
  { there: () => installed("ip"), packages: ["iproute2"] },
  { there: () => installed("etcd"), packages: ["etcd-server"] },
  { there: () => installed("etcdctl"), packages: ["etcd-client"] },
  { there: () => installed("redis-server"), packages: ["redis-server"] },
  // Not the package zookeeper: it brings nothing more but a Java with a screen.
  { there: () => existsSync("/usr/share/java/zookeeper.jar"), packages: ["libzookeeper-java"] },
  { there: () => installed("java"), packages: ["default-jre-headless"] },
];

/** Installs what is missing where that is possible, and says so where it is not. Never throws. */
export function installServers() {
  const missing = wanted.filter(({ there }) => !there()).flatMap(({ packages }) => packages);
  if (missing.length === 0) return;
  const why = !installed("apt-get") ? "there is no apt-get" : process.getuid?.() !== 0 ? "that takes root" : undefined;
  if (why !== undefined)
    return console.log(`Not installed: ${missing.join(", ")} (${why}). Tests of them are skipped.`);
  console.log(`Installing ${missing.join(", ")}`);
  const install = ["install", "-y", "-q", "--no-install-recommends", ...missing];
  if (!withoutServices(() => apt(["update", "-q"]) && apt(install)))
    console.log(`Installing failed: tests of what is missing are skipped. By hand: apt-get ${install.join(" ")}`);
}

function apt(/** @type {readonly string[]} */ args) {
  const patient = ["-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::http::Timeout=20"];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync("apt-get", [...args, ...patient], { stdio: ["ignore", "inherit", "inherit"], env }).status === 0;
}

/** Does it while packages may not start services, and keeps those that came with it from starting with the machine. */
function withoutServices(/** @type {() => boolean} */ install) {
  const before = new Set(services.filter(isService));
  const ours = !existsSync(policy) || readFileSync(policy, "utf8") === refusal; // left by one that was killed
  if (ours) writeFileSync(policy, refusal, { mode: 0o755 });
  try {
    return install();
  } finally {
    if (ours) rmSync(policy, { force: true });
    const added = services.filter((name) => isService(name) && !before.has(name));
    if (added.length > 0 && installed("systemctl"))
      spawnSync("systemctl", ["disable", "--quiet", ...added], { stdio: "ignore" });
  }
}

const isService = (/** @type {string} */ name) => existsSync(`/lib/systemd/system/${name}.service`);

function installed(/** @type {string} */ program) {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/bin"];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

if (import.meta.url === pathToFileURL(String(process.argv[1])).href) installServers();
