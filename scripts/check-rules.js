/**
 * Rules of this repository that no other tool knows, held over every file that git tracks or would track.
 *
 * They read text, not programs: each is simple enough that a false alarm is mended by writing the line in another way.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { reasonFailures } from "./check-reasons.js";
import { readJson, root, workspaces } from "./workspaces.js";

/**
 * @typedef {object} Rule
 * @property {RegExp} files     which files it reads; never this one
 * @property {RegExp} forbids   what no line of them may hold
 * @property {string} why       what is wrong with it, and what to do
 * @property {readonly [file: string, line: string]} catches   a line that it must catch, tried at each start
 */

const slash = "/"; // keeps the examples from being what they show

/** @type {Rule[]} */
const rules = [
  {
    files: /^package-lock\.json$/,
    forbids: /"resolved": *"[a-z+]+:/,
    why: "a lock names no registry: .npmrc leaves the address out",
    catches: ["package-lock.json", `  "resolved": "https:${slash}/example.test/a.tgz",`],
  },
  {
    files: /./,
    forbids: /\b(?:registry|npm|mirror)\.[a-z0-9-]+\.(?:org|com|net|io|internal)\b|:\/\/registry\./,
    why: "no file names the host of a package registry",
    catches: ["docs/a.md", `see https:${slash}/registry.example.test`],
  },
  {
    files: /./,
    forbids: /(?:^|[^A-Za-z0-9_.\-/*)])\/(?:work|farm|root|home|Users)\/[a-z]/,
    why: "no file names a path of somebody's machine",
    catches: ["bench/src/a.ts", `read("${slash}home/somebody/a");`],
  },
  {
    files: /\.(?:[cm]?[jt]s|sh|md)$|^\.ci\/run$/,
    forbids: /\b(?:TODO|FIXME|XXX|HACK)\b/,
    why: "unfinished: finish it, or open an issue",
    catches: ["packages/core/src/a.ts", "// TODO: the rest"],
  },
  {
    files: /\.ts$/,
    forbids: /@ts-(?:ignore|nocheck)\b/,
    why: "the type checker stays on",
    catches: ["packages/core/src/a.ts", "// @ts-ignore"],
  },
  {
    files: /\/src\/.*(?<!\.(?:types|test))\.ts$/,
    forbids: /@ts-expect-error/,
    why: "what must not compile is shown in a file named x.types.ts, which the build compiles and nobody runs or publishes",
    catches: ["packages/core/src/a.ts", "// @ts-expect-error"],
  },
  {
    files: /(?<!\.proc)\.test\.[jt]s$/,
    forbids: /^(?:before|after|beforeEach|afterEach)\(/,
    why: "test files share a process, so a hook at the top level would run for all of them: put it into describe()",
    catches: ["test/src/a.test.ts", "afterEach(() => {});"],
  },
  {
    files: /(?<!\.proc)\.test\.[jt]s$/,
    forbids: /^(?:[^ ].*= )?await /,
    why: "what is awaited at the top level may have begun in another file's test, to which node:test then counts these: use before()",
    catches: ["test/src/a.test.ts", "const library = await load();"],
  },
  {
    files: /\.[jt]s$/,
    forbids:
      /^export .*\b(?:class|interface|type|function|const) (?:[A-Za-z0-9]*[a-z0-9])?(?:Manager|Helper|Util|Base|Abstract|Impl|Info|Data|Common)s?(?:[A-Z]\w*)?\b/,
    why: "the name says nothing about its thing: see the words in docs",
    catches: ["packages/core/src/a.ts", "export class CallManager {"],
  },
  {
    files: /(?:^|[/-])(?:manager|helper|util|base|abstract|impl|info|common|misc)s?(?:-[a-z-]+)?\.[jt]s$/,
    forbids: /^/,
    why: "the file's name says nothing about its idea",
    catches: ["packages/core/src/call-utils.ts", ""],
  },
];

for (const { files, forbids, why, catches } of rules) {
  if (!files.test(catches[0]) || !forbids.test(catches[1]))
    throw new Error(`a rule does not catch its own example: ${why}`);
}
const failures = [...textFailures(), ...referenceFailures(), ...manifestFailures(), ...reasonFailures()];
for (const failure of failures) console.error(failure);
console.log(`rules: ${failures.length === 0 ? "all kept" : `${failures.length} broken`}`);
process.exitCode = failures.length === 0 ? 0 : 1;

function textFailures() {
  return trackedFiles().flatMap((file) => {
    const applying = file === "scripts/check-rules.js" ? [] : rules.filter(({ files }) => files.test(file));
    if (applying.length === 0) return [];
    const lines = readFileSync(`${root}/${file}`, "utf8").split("\n");
    return applying.flatMap(({ forbids, why }) => {
      const at = lines.findIndex((line) => forbids.test(line));
      return at < 0 ? [] : [`${file}:${at + 1}: ${why}\n    ${(lines[at] ?? "").trim().slice(0, 160)}`];
    });
  });
}

/** Every workspace is built: its folder, or a configuration in it, is in the root's references, or its tests would never run. */
function referenceFailures() {
  const references = readJson("tsconfig.json").references.map((/** @type {{ path: string }} */ { path }) => path);
  return workspaces()
    .filter(({ folder }) => !references.some((/** @type {string} */ path) => `${path}/`.startsWith(`${folder}/`)))
    .map(({ folder }) => `tsconfig.json: ${folder} is missing in the references, so it is neither built nor tested`);
}

/** One version for all packages, dependencies pinned, and no dependency that takes another version elsewhere. */
function manifestFailures() {
  const { version } = readJson("lerna.json");
  const seen = new Map();
  return workspaces().flatMap(({ folder }) => {
    const manifest = readJson(`${folder}/package.json`);
    const wanted = Object.entries({
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.peerDependencies,
    });
    const failures = wanted.flatMap(([name, range]) => {
      if (!/^\d+\.\d+\.\d+[\w.-]*$/.test(String(range)) && !manifest.peerDependenciesMeta?.[name]) {
        return [`${folder}/package.json: ${name} ${range} is not an exact version`];
      }
      const before = seen.get(name) ?? { folder, range };
      seen.set(name, before);
      return before.range === range
        ? []
        : [`${folder}/package.json: ${name} ${range}, but ${before.range} in ${before.folder}`];
    });
    return manifest.version === version
      ? failures
      : [...failures, `${folder}/package.json: version ${manifest.version}, but ${version} in lerna.json`];
  });
}

/** Files that git tracks, and new ones that it does not ignore; what is deleted but still tracked is left out. */
function trackedFiles() {
  const list = (/** @type {string[]} */ ...args) => {
    const { stdout, status, stderr } = spawnSync("git", ["ls-files", "-z", ...args], { cwd: root, encoding: "utf8" });
    if (status !== 0) throw new Error(`git ls-files failed: ${stderr}`);
    return stdout.split("\0").filter((name) => name !== "");
  };
  const deleted = new Set(list("--deleted"));
  return list("--cached", "--others", "--exclude-standard").filter((name) => !deleted.has(name));
}
