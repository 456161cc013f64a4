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

/** Of the files that share a process these take as long as all others together: a process of their own is the other core's work. */
const halfOfTheWork = /^(?:test\/src\/wire|packages\/cli)\//;

/** Wait more than they work, for the times to live of real servers; or work, and say nothing of how fast. The longest first. */
const patient = [
  /^test\/src\/scaffold\//,
  /^scripts\/tests\/run-files\./,
  /^packages\/registry-file\/src\/(?:machine|processes)\./,
  /^test\/src\/registries\/(?!.*-load\.)/,
  /^packages\/core\/src\/contract\/in-editor\./,
  /^scripts\/arrows\./,
];

/** Wait for spans of ten seconds, with clients and servers that have little to do. */
const waiting =
  /^test\/src\/(?:faults\/links|processes\/(?:half-open|stopped-client|stopped-server|three-hops|without-await))\./;

/** Keep a core busy, on clocks of their own or none, and say nothing of how fast: two of them at once use both. The longest first. */
const busy = [
  /^test\/src\/simulate\//,
  /^test\/src\/fuzz\//,
  /^test\/src\/(?:shop|examples)\./,
  /^packages\/cli\/src\/(?:main|live)\./,
  /^test\/src\/(?:cli|codegen|servers)\//,
  /^packages\/decorators\//,
  /^packages\/registry-file\/src\/lifetime\./,
  /^examples\//,
];

/** Load processes of their own, and are judged by what these keep: two at once leave each of them half of a core at least. */
const loading = [
  /^bench\/src\/(?:soak|processes)\//,
  /^test\/src\/faults\/(?!slow-crowd\.)/,
  /^test\/src\/two-way\//,
  /^test\/src\/processes\//,
  /^test\/src\/wire\/keeps-alive\./,
];

/** Returns the phases of a run; those without files are left out. @returns {Phase[]} */
export function phasesOf(/** @type {readonly TestFile[]} */ files) {
  const sharing = files.filter(({ alone }) => !alone);
  const [beside, slow, working, loaded, others] = grouped(
    files.filter(({ alone }) => alone),
    [patient, [waiting], busy, loading],
  );
  const each = (/** @type {readonly TestFile[]} */ list) => list.map((file) => [file]);
  const [half, otherHalf] = [true, false].map((is) => sharing.filter(({ name }) => halfOfTheWork.test(name) === is));
  const shared = [half ?? [], otherHalf ?? []].filter((list) => list.length > 0);
  return [
    { lanes: 3, jobs: [...shared, ...each(beside)] },
    { lanes: 3, jobs: each(slow) },
    { lanes: 2, jobs: each(working) },
    { lanes: 2, jobs: each(loaded) },
    { lanes: 1, jobs: each(others) },
  ].filter(({ jobs }) => jobs.length > 0);
}

/**
 * Gives each file to the first group that has a pattern for it, in the order of the group's patterns; what is left comes last.
 *
 * @returns {[TestFile[], TestFile[], TestFile[], TestFile[], TestFile[]]}
 */
function grouped(/** @type {readonly TestFile[]} */ files, /** @type {readonly (readonly RegExp[])[]} */ groups) {
  const left = new Set(files);
  const lists = groups.map((patterns) =>
    patterns.flatMap((pattern) => {
      const found = [...left].filter(({ name }) => pattern.test(name));
      for (const file of found) left.delete(file);
      return found;
    }),
  );
  return /** @type {[TestFile[], TestFile[], TestFile[], TestFile[], TestFile[]]} */ ([...lists, [...left]]);
}
