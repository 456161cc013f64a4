/**
 * The line between a process of tests and the runner that started it: one JSON text a line, on file descriptor 3.
 *
 * Written synchronously, so that the last line is there even if the process is killed right after it.
 *
 * @typedef {{ kind: "file", name: string }} FileBegins          the tests that follow are of this file
 * @typedef {{ kind: "running" | "settled", name: string }} Progress   a test begins, or is over; sent before its first line runs
 * @typedef {object} Outcome                                     one test or suite has ended
 * @property {"outcome"} kind
 * @property {string} name        with the names of the suites around it
 * @property {boolean} suite
 * @property {"pass" | "fail" | "cancelled" | "skipped" | "todo"} result
 * @property {string} reason      why it was skipped or is to do; empty if nothing was said
 * @property {string} where       file and line; empty if unknown
 * @property {string} error       the whole error of a failure; empty where only a subtest failed
 * @typedef {{ kind: "warning", text: string }} Warning          an error outside of any test
 * @typedef {{ kind: "end", open: readonly string[] }} End       all files are done; these resources are still open
 * @typedef {FileBegins | Progress | Outcome | Warning | End} Message
 */
import { writeSync } from "node:fs";

const descriptor = 3;

/** Sends a message to the runner. Used by processes of tests only. */
export function send(/** @type {Message} */ message) {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let sent = 0; sent < bytes.length; ) sent += writeSome(bytes, sent);
}

function writeSome(/** @type {Buffer} */ bytes, /** @type {number} */ from) {
  try {
    return writeSync(descriptor, bytes, from);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return 0; // the runner is behind
    throw error;
  }
}
