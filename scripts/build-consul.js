/**
 * Builds a Consul for the tests from its public Go module: the last release of 1.10, under the MPL. For where Go and its module
 * proxy are at hand; takes about five minutes of a processor, at the lowest priority, once. The program lies in the user's cache,
 * outside of the repository, where test/src/servers/consul.ts finds it; without it a stand-in does.
 *
 *   npm run consul
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";

const version = "1.10.12";
const consul = "github.com/hashicorp/consul";
/** Its own parts, which its go.mod takes from folders that the module does not have. The versions are the first published ones that fit. */
const parts = { [`${consul}/api`]: "v1.15.3", [`${consul}/sdk`]: "v0.9.0" };
const program = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "rpc-tests", `consul-${version}`);

if (existsSync(program)) console.log(`${program} is there already`);
else build();

function build() {
  const found = /go1\.(\d+)/.exec(String(spawnSync("go", ["version"], { encoding: "utf8" }).stdout));
  if (found === null) return fail("Consul is not built: there is no Go");
  const folder = mkdtempSync(join(tmpdir(), "consul-"));
  try {
    writeFileSync(join(folder, "go.mod"), "module tests\n\ngo 1.21\n");
    const { Dir } = JSON.parse(go(folder, ["mod", "download", "-json", `${consul}@v${version}`], "pipe"));
    const tree = join(folder, "tree");
    cpSync(Dir, tree, { recursive: true });
    spawnSync("chmod", ["-R", "u+w", tree]); // the module cache is read-only
    const edits = Object.entries(parts).flatMap(([name, at]) => [`-dropreplace=${name}`, `-require=${name}@${at}`]);
    go(tree, ["mod", "edit", ...edits]);
    // Its libraries are of 2021: since 1.23 Go's linker refuses what they take from the runtime.
    const linking = Number(found[1]) >= 23 ? ["-ldflags=-checklinkname=0"] : [];
    go(tree, ["build", "-mod=mod", "-p", "2", ...linking, "-o", join(folder, "consul"), "."]);
    mkdirSync(dirname(program), { recursive: true });
    cpSync(join(folder, "consul"), `${program}.new`);
    renameSync(`${program}.new`, program);
    console.log(`${program} is built`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function go(
  /** @type {string} */ cwd,
  /** @type {readonly string[]} */ args,
  /** @type {"inherit" | "pipe"} */ output = "inherit",
) {
  const options = { cwd, encoding: /** @type {const} */ ("utf8"), timeout: 1_800_000 };
  const { status, stdout } = spawnSync("nice", ["-n", "19", "go", ...args], {
    ...options,
    stdio: ["ignore", output, "inherit"],
  });
  if (status !== 0) throw new Error(`go ${args.join(" ")} failed`);
  return stdout;
}

function fail(/** @type {string} */ why) {
  console.error(why);
  process.exitCode = 1;
}
