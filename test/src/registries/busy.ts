/**
 * What a machine that is busy with other tests may add to a time, in ms: servers, in Java too, wait for a processor like
 * everybody else. What is promised on a quiet one is measured by `npm run chaos`.
 */
export const busyMs = 5_000;

/** How long a registry on such a machine is given for an answer, in ms, where a hundred ask at once. */
export const answerMs = 2_000 + busyMs;
