import { Histogram, RpcError } from "@rpc/core";

/** Kinds of errors that are told apart; all others count as one. A reason may come from the peer. */
const mostKinds = 32;
const shownCharacters = 200;

/** Calls that failed alike. */
export interface Failures {
  readonly code: string;
  readonly reason: string;
  /** What the first of them said. */
  readonly message: string;
  readonly count: number;
}

/** Counts how calls ended. */
export class Tally {
  ok = 0;
  failed = 0;
  /** How long the calls took that did not fail. */
  readonly latency = new Histogram();
  readonly #failures = new Map<string, { -readonly [Key in keyof Failures]: Failures[Key] }>();

  succeeded(ms: number): void {
    this.ok++;
    this.latency.record(ms);
  }

  failedWith(thrown: unknown): void {
    this.failed++;
    const { code, reason, message } = told(thrown);
    const known = `${code} ${reason}`;
    const key = this.#failures.has(known) || this.#failures.size < mostKinds ? known : "";
    const failures = this.#failures.get(key);
    if (failures !== undefined) failures.count++;
    else if (key === "") this.#failures.set("", { code: "(other)", reason: "", message: "", count: 1 });
    else this.#failures.set(key, { code, reason, message: message.slice(0, shownCharacters), count: 1 });
  }

  /** The most frequent first. */
  failures(): readonly Failures[] {
    return [...this.#failures.values()].sort((a, b) => b.count - a.count);
  }
}

function told(thrown: unknown): { code: string; reason: string; message: string } {
  if (thrown instanceof RpcError) return thrown;
  return { code: "unknown", reason: "", message: thrown instanceof Error ? thrown.message : String(thrown) };
}
