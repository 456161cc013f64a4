/**
 * Prints a run: a line for each file, then every failure in full, what was skipped and why, and the counts in the words of
 * Node's own runner.
 *
 * @typedef {import("./channel.js").Outcome} Outcome
 * @typedef {import("./progress.js").FileResult} FileResult
 */

const allowedToSkip = /^Consul/; // not to be had where the tests run; see docs of the registry

/** @typedef {{ print: (line: string) => void, showOutput: boolean, skipsFail: boolean }} ReportOptions */

/** Collects results; `finish` prints what is left to say and returns whether the run passed. */
export function createReport(/** @type {ReportOptions} */ { print, showOutput, skipsFail }) {
  const startedAt = performance.now();
  const failed = /** @type {{ file: FileResult, outcome: Outcome }[]} */ ([]);
  const skipped = /** @type {{ file: FileResult, outcome: Outcome }[]} */ ([]);
  const counts = { tests: 0, suites: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };

  return {
    add(/** @type {FileResult} */ file) {
      const before = { ...counts };
      for (const outcome of file.outcomes) {
        if (outcome.suite) counts.suites++;
        else {
          counts.tests++;
          counts[outcome.result]++;
        }
        if (isFailure(outcome) && (!outcome.suite || outcome.error !== "")) failed.push({ file, outcome });
        if (outcome.result === "skipped" || outcome.result === "todo") skipped.push({ file, outcome });
      }
      const bad = file.outcomes.some(isFailure);
      const tests = counts.tests - before.tests;
      print(`${bad ? "✖" : "✔"} ${file.name} (${tests} tests, ${Math.round(file.durationMs)} ms)`);
      if (file.output !== "" && (bad || showOutput)) print(indented(file.output.trimEnd(), "  | "));
    },

    finish() {
      for (const { file, outcome } of failed) {
        print(`\n✖ ${outcome.name}`);
        print(`  ${outcome.where || file.name}`);
        if (outcome.error !== "") print(indented(outcome.error, "  "));
      }
      if (skipped.length > 0) print("\nSkipped:");
      for (const { file, outcome } of skipped) {
        print(`﹣ ${outcome.name} (${file.name}): ${outcome.reason || "no reason given"}`);
      }
      const forbidden = skipsFail ? skipped.filter(({ outcome }) => !allowedToSkip.test(outcome.reason)).length : 0;
      if (forbidden > 0) print(`✖ ${forbidden} of them may not be skipped where CI=true.`);
      if (counts.tests === 0) print("✖ No test ran.");
      print("");
      for (const [name, count] of Object.entries(counts)) print(`ℹ ${name} ${count}`);
      print(`ℹ duration_ms ${(performance.now() - startedAt).toFixed(3)}`);
      return failed.length === 0 && forbidden === 0 && counts.tests > 0;
    },
  };
}

const isFailure = (/** @type {Outcome} */ { result }) => result === "fail" || result === "cancelled";

const indented = (/** @type {string} */ text, /** @type {string} */ by) => text.replaceAll(/^/gm, by);
