/**
 * Who may import whom. The two tables below say it; the rules follow from them.
 * A row is asked for: a package or a folder of core without one fails the check, so that nobody grows beside the drawing.
 *
 * Every rule is shown to fail by scripts/arrows.proc.test.js. Run after a build: packages find each other through their `exports`.
 */
const { existsSync, readdirSync } = require("node:fs");

/** For each package the packages of ours that it may import. Registries are listed by what their names begin with. */
const packages = {
  core: [],
  schema: ["core"],
  balancer: ["core"],
  "registry-*": ["core"],
  decorators: ["core", "schema", "balancer", "registry-memory", "registry-file"],
  codegen: ["core", "schema"],
  cli: ["core", "schema", "codegen"], // registries too, but only by import() of what a URL names
  create: ["cli"],
};

/** For each folder of core the other folders that it may import. */
const small = ["ambient", "clock", "codecs", "discovery", "interceptors", "items", "service", "stats", "transport"];
const core = {
  contract: [],
  wire: ["contract"],
  stats: ["contract"],
  session: ["streams", "items", "wire", "overload", "clock", "stats", "contract"],
  streams: ["wire", "stats", "contract"],
  ambient: ["items", "contract"],
  clock: ["contract"],
  codecs: ["contract"],
  discovery: ["clock", "contract"],
  interceptors: ["items", "contract"],
  items: ["contract"],
  limits: ["transport", "service", "clock", "contract"],
  overload: ["contract"],
  service: ["items", "contract"],
  transport: ["service", "contract"],
  host: ["session", "overload", ...small, "contract"], // what a process answers, whichever side dialled
  client: ["host", "session", "overload", ...small, "contract"],
  server: ["host", "session", "overload", ...small, "contract"],
  testing: ["client", "server", "host", "session", "overload", "wire", ...small, "contract"],
};

/** Libraries that only one place may import. Tests of another place and what lies outside of packages/ are free. */
const atHome = {
  inversify: "^packages/decorators/src/",
  "reflect-metadata": "^packages/decorators/src/",
  "class-transformer": "^packages/decorators/src/",
  winston: "^packages/decorators/src/",
  msgpackr: "^packages/core/src/codecs/",
  etcd3: "^packages/registry-etcd/src/",
  cockatiel: "^packages/registry-etcd/src/",
  "node-zookeeper-client": "^packages/registry-zookeeper/src/",
  ioredis: "^packages/registry-redis/src/",
  "dns-packet": "^packages/registry-dns/src/",
  "multicast-dns": "^packages/registry-mdns/src/",
  "ts-morph": "^packages/codegen/src/",
};

const testFile = "\\.(test|types|fixture)\\.ts$";
const anyOf = (names) => `(?:${names.map((name) => name.replaceAll("*", "[^/]+")).join("|")})`;

const betweenPackages = Object.entries(packages).map(([name, allowed]) => ({
  name: `package-${name.replace("-*", "")}`,
  comment: `packages/${name} may import only: ${allowed.join(", ") || "no other package of ours"}.`,
  severity: "error",
  from: { path: `^packages/(${anyOf([name])})/` },
  to: {
    path: "^packages/",
    pathNot: `^packages/(?:$1${allowed.length > 0 ? `|${anyOf(allowed)}` : ""})/`,
    ...(name === "cli" && { dependencyTypesNot: ["dynamic-import"] }),
  },
}));

const insideCore = Object.entries(core).map(([folder, allowed]) => ({
  name: `core-${folder}`,
  comment: `core/src/${folder} may import only: ${allowed.join(", ") || "nothing"}.`,
  severity: "error",
  from: { path: `^packages/core/src/${folder}/`, pathNot: testFile }, // a test may put together what it needs: nothing imports it
  to: {
    path: "^packages/core/src/",
    pathNot: `^packages/core/src/${anyOf([folder, ...allowed, "testing"])}/`, // testing has a rule of its own, below
  },
}));

const homes = Object.entries(atHome).map(([library, home]) => ({
  name: `home-of-${library}`,
  comment: `${library} may be imported only below ${home.slice(1)}: it is slow to load, or to be replaceable.`,
  severity: "error",
  from: { path: "^packages/", pathNot: home },
  to: { path: `(^|/)node_modules/${library}/` },
}));

const missingRows = [
  ...withoutRow("packages", packages).map((name) => `packages/${name} has no row in \`packages\``),
  ...withoutRow("packages/core/src", core).map((name) => `packages/core/src/${name} has no row in \`core\``),
];
if (missingRows.length > 0)
  throw new Error(`.dependency-cruiser.cjs: ${missingRows.join("; ")}. Say what it may import.`);

function withoutRow(folder, rows) {
  if (!existsSync(folder)) return [];
  const known = new RegExp(`^${anyOf(Object.keys(rows))}$`);
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return entries.map(({ name }) => name).filter((name) => !known.test(name));
}

module.exports = {
  forbidden: [
    ...betweenPackages,
    ...insideCore,
    ...homes,
    {
      name: "core-contract-is-types",
      comment: "contract imports nothing from outside, except the type Duplex.",
      severity: "error",
      from: { path: "^packages/core/src/contract/", pathNot: testFile },
      to: { pathNot: ["^packages/", "^(node:)?stream$"] },
    },
    {
      name: "core-contract-duplex-type-only",
      comment: "contract takes the type Duplex from node:stream, with `import type`.",
      severity: "error",
      from: { path: "^packages/core/src/contract/", pathNot: testFile },
      to: { path: "^(node:)?stream$", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "core-real-clock-at-the-entrance",
      comment: "The clock is passed in: only what users call takes the real one where none was given.",
      severity: "error",
      from: {
        path: "^packages/core/src/(wire|session|transport|codecs|discovery|ambient|service)/",
        pathNot: testFile,
      },
      to: { path: "^packages/core/src/clock/system-clock\\.ts$" },
    },
    {
      name: "core-files-live-in-folders",
      comment: "A file beside core's index.ts has no row in the table above: give it a folder.",
      severity: "error",
      from: { path: "^packages/core/src/[^/]+\\.ts$", pathNot: ["^packages/core/src/index\\.ts$", testFile] },
      to: { path: "^packages/core/src/" },
    },
    {
      name: "index-is-the-top",
      comment: "Nothing inside a package imports its index, which imports everything.",
      severity: "error",
      from: { path: "^packages/([^/]+)/src/", pathNot: testFile },
      to: { path: "^packages/$1/src/index\\.ts$" },
    },
    {
      name: "testing-is-for-tests",
      comment: "testing/ is imported by tests, test/ and bench/ only.",
      severity: "error",
      from: { pathNot: [testFile, "^(test|bench)/", "^packages/core/src/testing/"] },
      to: { path: "^packages/core/(src|dist)/testing/" },
    },
    {
      name: "tests-are-ends",
      comment: "Nothing imports a test.",
      severity: "error",
      from: {},
      to: { path: "\\.test\\.ts$" },
    },
    {
      name: "fixtures-are-for-tests",
      comment: "What tests share, x.fixture.ts and x.types.ts, is imported by tests only: it is not published.",
      severity: "error",
      from: { pathNot: testFile },
      to: { path: "\\.(types|fixture)\\.ts$" },
    },
    {
      name: "no-circular",
      comment: "A cycle, types included: extract what both sides need.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-deep-import",
      comment: "Another workspace is imported by its name, through its `exports`, never by a path to its files.",
      severity: "error",
      from: { path: "^((?:packages|examples)/[^/]+|test|bench)/" },
      to: { path: "^((?:packages|examples)/[^/]+|test|bench)/", pathNot: "^$1/", dependencyTypes: ["local"] },
    },
    {
      name: "no-self-import",
      comment: "A package does not import itself by name: use a relative path.",
      severity: "error",
      from: { path: "^packages/([^/]+)/" },
      to: { path: "^packages/$1/dist/" },
    },
    {
      name: "examples-and-tools-are-ends",
      comment: "Nothing in packages/ imports examples, tests, benchmarks or scripts.",
      severity: "error",
      from: { path: "^packages/" },
      to: { path: "^(examples|test|bench|scripts)/" },
    },
    {
      name: "not-resolvable",
      comment:
        "No such file, or a subpath that the package does not export. If it is new: has it been built and installed?",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "not-declared",
      comment: "The dependency is not in the package.json of the package that imports it.",
      severity: "error",
      from: { pathNot: testFile },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev"], dependencyTypesNot: ["npm-peer"] },
    },
    {
      name: "not-declared-for-tests",
      comment:
        "A test may also import fast-check, typescript and esbuild, which the root lists, and what its own package.json lists.",
      severity: "error",
      from: { path: testFile },
      to: {
        dependencyTypes: ["npm-no-pkg", "npm-unknown"],
        dependencyTypesNot: ["npm-peer"],
        pathNot: "(^|/)node_modules/(fast-check|typescript|esbuild)/",
      },
    },
  ],
  options: {
    doNotFollow: { path: "(^|/)(node_modules|dist)/" },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
