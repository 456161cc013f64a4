import { RpcError } from "../contract/errors.js";

const maxNameBytes = 128;
const pattern = /^[A-Za-z0-9_.$/-]+$/;

/**
 * Names that no method may have: what every object inherits, what would make a client a promise, and what would make a
 * log line or `JSON.stringify` send a call.
 */
const reserved: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  "then",
  "catch",
  "finally",
  "toJSON",
  "prototype",
]);

/** Throws `invalid_argument` / `BAD_NAME` where a service cannot be called so. */
export function checkServiceName(name: string): void {
  if (!wellFormed(name)) throw badName(`"${shown(name)}" cannot be a service's name: use ${rule}`);
}

/** Throws `invalid_argument` / `BAD_NAME` where a method cannot be called so. */
export function checkMethodName(service: string, name: string): void {
  if (reserved.has(name)) {
    throw badName(
      `${service}: a method cannot be called "${name}", which means something to JavaScript itself: rename it`,
    );
  }
  if (!wellFormed(name)) throw badName(`${service}: "${shown(name)}" cannot be a method's name: use ${rule}`);
}

/** Whether a name could be a service's or method's: for names that come from a peer. */
export function wellFormed(name: unknown): name is string {
  return typeof name === "string" && name.length <= maxNameBytes && pattern.test(name);
}

/** Returns the one of `names` that is most like `name`; undefined where none is like it. */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Returns the nearest name as a question to end a message with; empty where none is like it. */
export function didYouMean(name: string, names: Iterable<string>): string {
  const nearest = nearestName(name, names);
  return nearest === undefined ? "" : `; did you mean "${nearest}"?`;
}

const rule = `1 to ${maxNameBytes} of A-Z, a-z, 0-9, "_", ".", "$", "/" and "-"`;

function shown(name: unknown): string {
  return JSON.stringify(String(name).slice(0, maxNameBytes)).slice(1, -1);
}

function badName(message: string): RpcError {
  return new RpcError("invalid_argument", message, { reason: "BAD_NAME", processed: "no" });
}

/** Levenshtein, Binary codes capable of correcting deletions, insertions and reversals, 1966; by rows. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
