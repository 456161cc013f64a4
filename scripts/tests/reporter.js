/** A reporter for node:test which sends what it sees to the runner and prints nothing. */
import { inspect } from "node:util";
import { send } from "./channel.js";

/** @typedef {import("node:test/reporters").TestEvent} TestEvent */

const guards = /** @type {Map<string, () => void>} */ (new Map());

/**
 * Resolves when everything up to the test of this name was reported. The test is the runner's own (see child.js): it is not
 * counted unless it fails.
 *
 * @returns {Promise<void>}
 */
export const reported = (/** @type {string} */ guard) => new Promise((resolve) => guards.set(guard, resolve));

export default async function* report(/** @type {AsyncIterable<TestEvent>} */ events) {
  const names = /** @type {string[]} */ ([]); // of the suites and tests around the one reported, by nesting
  for await (const { type, data } of events) {
    switch (type) {
      case "test:start":
        names.length = data.nesting;
        names[data.nesting] = data.name;
        break;
      case "test:pass":
      case "test:fail":
        sendOutcome(type === "test:pass", data, names);
        break;
      case "test:diagnostic":
        if (data.nesting === 0 && !/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(data.message)) {
          send({ kind: "warning", text: data.message });
        }
        break;
    }
  }
  yield ""; // a reporter must be able to yield
}

function sendOutcome(/** @type {boolean} */ passed, /** @type {any} */ data, /** @type {readonly string[]} */ names) {
  const { details, skip, todo } = data;
  const guard = guards.get(data.name);
  if (guard === undefined || !passed) {
    const error = passed ? undefined : details.error;
    send({
      kind: "outcome",
      name: [...names.slice(0, data.nesting), data.name].join(" > "),
      suite: details.type === "suite",
      result: resultOf(passed, data, error),
      reason: [skip, todo].find((reason) => typeof reason === "string") ?? "",
      where: data.file === undefined ? "" : `${data.file}:${data.line}`,
      error: error === undefined || error.failureType === "subtestsFailed" ? "" : textOf(error.cause ?? error),
    });
  }
  guards.delete(data.name);
  guard?.();
}

/** Counts as node:test itself does: a skipped test first, then one to do, then a cancelled one. */
function resultOf(/** @type {boolean} */ passed, /** @type {any} */ { skip, todo }, /** @type {any} */ error) {
  if (skip !== undefined) return "skipped";
  if (todo !== undefined) return "todo";
  if (["cancelledByParent", "testAborted", "testTimeoutFailure"].includes(error?.failureType)) return "cancelled";
  return passed ? "pass" : "fail";
}

function textOf(/** @type {unknown} */ error) {
  try {
    return typeof error === "string" ? error : inspect(error, { depth: 4 });
  } catch (hostile) {
    return `an error that cannot be printed (${typeof hostile})`; // tests throw such things on purpose
  }
}
