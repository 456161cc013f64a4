import type { Failure } from "./failure.js";
import { Failures } from "./failures.js";
import type { AttemptStats } from "./snapshots.js";

/** Streams that were dialled or accepted, and what became of them. */
export class Attempts {
  #attempts = 0;
  #failed = 0;
  #failures: Failures | undefined;

  begin(): void {
    this.#attempts++;
  }

  fail({ code, reason }: Failure): void {
    this.#failed++;
    this.#failures ??= new Failures();
    this.#failures.count(code, reason);
  }

  reset(): void {
    this.#attempts = this.#failed = 0;
    this.#failures = undefined;
  }

  stats(): AttemptStats {
    return { attempts: this.#attempts, failed: this.#failed, reasons: this.#failures?.reasons ?? {} };
  }
}
