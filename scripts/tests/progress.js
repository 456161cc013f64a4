/**
 * Turns what one process of tests sends into a result for each file.
 *
 * @typedef {import("./channel.js").Message} Message
 * @typedef {import("./channel.js").Outcome} Outcome
 *
 * @typedef {object} FileResult
 * @property {string} name
 * @property {readonly Outcome[]} outcomes
 * @property {number} durationMs
 * @property {string} output        what was printed while the file ran
 */

/** Follows one process; `onFile` is called once for each file that it got to, in order. */
export function createProgress(/** @type {(result: FileResult) => void} */ onFile, /** @type {string} */ firstFile) {
  let begun = 0;
  let failures = 0;
  let file = emptyFile(firstFile);
  let running = /** @type {string[]} */ ([]); // names of tests; one that waits for its subtest is among them
  let end = /** @type {readonly string[] | undefined} */ (undefined);

  const add = (/** @type {Outcome} */ outcome) => {
    file.outcomes.push(outcome);
    if (!outcome.suite && (outcome.result === "fail" || outcome.result === "cancelled")) failures++;
  };
  const fail = (/** @type {string} */ error, name = file.name) =>
    add({ kind: "outcome", name, suite: false, result: "fail", reason: "", where: "", error });
  const close = () => {
    const { startedAt, ...result } = file;
    onFile({ ...result, durationMs: performance.now() - startedAt });
  };

  return {
    printed(/** @type {string} */ text) {
      file.output += text;
    },

    received(/** @type {Message} */ message) {
      switch (message.kind) {
        case "file":
          if (begun > 0) close();
          begun++;
          file = emptyFile(message.name);
          running = [];
          break;
        case "running":
          running.push(message.name);
          break;
        case "settled":
          running.splice(running.lastIndexOf(message.name), 1);
          break;
        case "outcome":
          add(message);
          break;
        case "warning":
          if (failures === 0) fail(message.text); // else it is known already, with the file it belongs to
          break;
        case "end":
          end = message.open;
      }
    },

    /** The process said nothing for so long that it is ended now. */
    hung(/** @type {number} */ silentMs) {
      const seconds = silentMs / 1_000;
      if (end !== undefined)
        fail(`The process did not end after its last test. Still open: ${end.join(", ") || "unknown"}.`);
      else if (running.length > 0) fail(`Nothing happened for ${seconds} s: ended.`, innermost(running));
      else fail(`Nothing happened for ${seconds} s while no test ran: ended. Does the file wait at its top level?`);
    },

    /** The process is gone; returns the number of files that it got to, one at least. */
    ended(/** @type {number | string} */ code, /** @type {readonly string[]} */ orphans) {
      if (failures === 0 && end === undefined) {
        fail(`The process ended (${code}) during: ${innermost(running) || "the loading of the file"}.`);
      }
      if (orphans.length > 0) fail(`Processes were left running, and are ended now: ${orphans.join("; ")}.`);
      if (failures === 0 && code !== 0) fail(`The process ended with ${code} though no test failed.`);
      close();
      return Math.max(begun, 1);
    },
  };
}

/** The names of the tests that run no subtest themselves. */
function innermost(/** @type {readonly string[]} */ running) {
  return running.filter((name) => !running.some((other) => other.startsWith(`${name} > `))).join("; ");
}

function emptyFile(/** @type {string} */ name) {
  return { name, outcomes: /** @type {Outcome[]} */ ([]), startedAt: performance.now(), output: "" };
}
