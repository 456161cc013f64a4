/**
 * In which order the test files run, and which of them at the same time, on a machine with two cores.
 *
 * What is judged by its speed has the machine for itself. Beside others runs only what a busy machine makes slower, and not wrong.
 */

/**
 * @typedef {import("./find.js").TestFile} TestFile
 *
 * @typedef {object} Phase
 * @property {number} lanes                              how many processes run at once
 * @property {readonly (readonly TestFile[])[]} jobs     the files of each process
 */

/** Of the files that share a process these take longer than all others together: a process of their own is the other core's work. */
const halfOfTheWork = "test/src/wire/";

/** Wait more than they work, for the times to live of real servers; or work, and say nothing of how fast. */
const patient = [
  /^test\/src\/registries\/(?!.*-load\.)/,
  /^packages\/registry-file\/src\/(?:machine|processes)\./,
  /^packages\/core\/src\/contract\/in-editor\./,
  /^test\/src\/scaffold\//,
  /^scripts\/arrows\./,
  /^scripts\/tests\/run-files\./,
];

/** Wait for spans of ten seconds, with clients and servers that have little to do. */
const waiting =
  /^test\/src\/(?:faults\/links|processes\/(?:half-open|stopped-client|stopped-server|three-hops|without-await))\./;

/** Returns the phases of a run; those without files are left out. @returns {Phase[]} */
export function phasesOf(/** @type {readonly TestFile[]} */ files) {
  const sharing = files.filter(({ alone }) => !alone);
  const beside = files.filter(({ alone, name }) => alone && patient.some((pattern) => pattern.test(name)));
  const slow = files.filter(({ alone, name }) => alone && waiting.test(name));
  const others = files.filter((file) => file.alone && !beside.includes(file) && !slow.includes(file));
  const each = (/** @type {readonly TestFile[]} */ list) => list.map((file) => [file]);
  const [half, otherHalf] = [true, false].map((is) =>
    sharing.filter(({ name }) => name.startsWith(halfOfTheWork) === is),
  );
  const shared = [half ?? [], otherHalf ?? []].filter((list) => list.length > 0);
  return [
    { lanes: 3, jobs: [...shared, ...each(beside)] },
    { lanes: 3, jobs: each(slow) },
    { lanes: 1, jobs: each(others) },
  ].filter(({ jobs }) => jobs.length > 0);
}
