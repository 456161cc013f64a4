import { readFileSync } from "node:fs";

const usual = 10_000;

/** Returns how many connections a server has at most where nobody says so: 10,000, or half the file descriptors of the process where that is known to be less. */
export function connectionsAtMost(): number {
  let limits: string;
  try {
    limits = readFileSync("/proc/self/limits", "latin1");
  } catch {
    return usual; // not Linux
  }
  const descriptors = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.NaN);
  return descriptors > 0 ? Math.max(1, Math.min(usual, descriptors >>> 1)) : usual;
}
