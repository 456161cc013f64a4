/**
 * What a machine that is busy with other tests may add to a time, in ms: servers, in Java too, wait for a processor like
 * everybody else. What is promised on a quiet one is measured by `npm run chaos`.
 */
export const busyMs = 5_000;
