import type { CodeName } from "../contract/code.js";

/** Reasons that are told apart; those of handlers and of peers are anybody's words, and their number must be bounded. */
const maxReasons = 64;
/** The reason under which all further ones are counted. */
const otherReason = "(other)";
/** What a server turns away since too many came. */
const tooMany = ["OVERLOADED", "CONCURRENCY_LIMIT", "WAIT_QUEUE_FULL"];
/** Told apart however many others there are: what our own queues did is asked for by name. */
const always: ReadonlySet<string> = new Set(["QUEUE_EVICTED", "QUEUE_FULL", "THROTTLED", ...tooMany]);

/** Returns how many calls a server turned away since too many came, of its calls by reason. */
export function turnedAway(reasons: Readonly<Record<string, number>>): number {
  return tooMany.reduce((sum, reason) => sum + (reasons[reason] ?? 0), 0);
}

/** Failures by code and by reason. Only what failed ever comes here. */
export class Failures {
  readonly #codes = new Map<CodeName, number>();
  readonly #reasons = new Map<string, number>();

  count(code: CodeName, reason: string): void {
    this.#addCode(code, 1);
    this.#addReason(reason, 1);
  }

  merge(other: Failures): void {
    for (const [code, times] of other.#codes) this.#addCode(code, times);
    for (const [reason, times] of other.#reasons) this.#addReason(reason, times);
  }

  /** As plain objects, which no name from outside can turn into anything else. */
  get codes(): Readonly<Partial<Record<CodeName, number>>> {
    return Object.fromEntries(this.#codes);
  }

  get reasons(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#reasons);
  }

  #addCode(code: CodeName, times: number): void {
    this.#codes.set(code, (this.#codes.get(code) ?? 0) + times);
  }

  #addReason(reason: string, times: number): void {
    const known = this.#reasons.has(reason) || this.#reasons.size < maxReasons || always.has(reason);
    const name = known ? reason : otherReason;
    this.#reasons.set(name, (this.#reasons.get(name) ?? 0) + times);
  }
}
