/**
 * Sets up what is missing, builds, and runs the tests of the whole repository.
 *
 *   npm test                                  all of them
 *   npm test -- --only wire/frame             the files whose name contains this; their output is shown
 *   npm test -- --name "half-open"            the tests whose name matches this regular expression
 *   npm test -- --repeat 20                   again and again, until the first failure
 *   npm test -- --no-proc                     without the files that start processes
 *   npm test -- --no-build                    what was built last, though sources may have changed
 *   npm test -- --coverage                    and fail if too few lines were run (of `*.proc.test.ts` only those of registries count)
 *   npm test -- --timeout 300                 seconds without any news after which a test is ended; 60, and 180 in a process of its own
 *
 * Servers that tests talk to are installed where that is possible, see scripts/install-servers.js; else those tests are skipped.
 * RPC_LONG=1 in the environment also runs tests of a minute or more; CI leaves them to a run of their own.
 * With CI=true a skipped test fails the run, unless its reason begins with "Consul".
 */
import { parseArgs } from "node:util";
import { installServers } from "./install-servers.js";
import { build, setUp } from "./setup.js";
import { enoughCoverage, forgetCoverage, rawCoverage } from "./tests/coverage.js";
import { findTests } from "./tests/find.js";
import { phasesOf } from "./tests/phases.js";
import { createReport } from "./tests/report.js";
import { runFiles } from "./tests/run-files.js";

const ofRegistries = "test/src/registries/";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    name: { type: "string" },
    repeat: { type: "string", default: "1" },
    timeout: { type: "string" },
    "no-proc": { type: "boolean", default: false },
    "no-build": { type: "boolean", default: false },
    coverage: { type: "boolean", default: false },
  },
});

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.once(signal, () => process.exit(1));
setUp();
if (!options["no-proc"]) installServers();
if (!options["no-build"]) await build();
const tested = await runTests();
process.exitCode = tested && (!options.coverage || enoughCoverage({ withoutProc: options["no-proc"] })) ? 0 : 1;

async function runTests() {
  const files = findTests().filter(
    ({ name, alone }) =>
      (options.only.length === 0 || options.only.some((part) => name.includes(part))) && !(alone && options["no-proc"]),
  );
  const report = createReport({
    print: (line) => console.log(line),
    showOutput: options.only.length > 0,
    skipsFail: process.env["CI"] === "true" && options.name === undefined,
  });
  if (options.coverage) forgetCoverage();

  let passed = true;
  for (let round = 1; passed && round <= Number(options.repeat); round++) {
    if (round > 1) console.log(`round ${round}`);
    const onFile = (/** @type {import("./tests/progress.js").FileResult} */ result) => {
      report.add(result);
      passed &&= !result.outcomes.some(({ result }) => result === "fail" || result === "cancelled");
    };
    for (const { lanes, jobs } of phasesOf(files)) {
      await inLanes(jobs, lanes, async (job) => {
        const [{ alone, name }] = /** @type {[import("./tests/find.js").TestFile]} */ (job);
        // Registries have their tests in processes: without a server of their own there is little of them to be run.
        const counted = options.coverage && (!alone || name.startsWith(ofRegistries));
        const env = { ...process.env, ...(counted && { NODE_V8_COVERAGE: rawCoverage }) };
        await runFiles(job, { silenceMs: silenceMs(alone ? 180 : 60), nodeOptions: namePatterns(), env, onFile });
      });
    }
  }
  return report.finish();
}

/** Calls `work` with each, in order, so many at a time. */
async function inLanes(
  /** @type {import("./tests/phases.js").Phase["jobs"]} */ jobs,
  /** @type {number} */ lanes,
  /** @type {(job: import("./tests/phases.js").Phase["jobs"][number]) => Promise<void>} */ work,
) {
  const left = jobs.values();
  const lane = async () => {
    for (const job of left) await work(job);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

function silenceMs(/** @type {number} */ seconds) {
  return 1_000 * Number(options.timeout ?? seconds);
}

/** The runner's own tests (see tests/child.js) run whatever the pattern is. */
function namePatterns() {
  const patterns =
    options.name === undefined ? [] : [options.name, "leaves nothing behind$", "^the test runner is ready$"];
  return patterns.map((pattern) => `--test-name-pattern=${pattern}`);
}
