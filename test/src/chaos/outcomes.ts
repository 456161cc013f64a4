import type { RpcError } from "@rpc/core";

/** A call that failed. */
export interface Failure {
  readonly call: number;
  readonly code: string;
  readonly reason: string;
  readonly processed: string;
  readonly endpoint: string | undefined;
  readonly message: string;
}

/** The calls that were due in a time, and settled. */
export interface Span {
  readonly calls: number;
  readonly failed: number;
  /** When the last of those that failed was due; 0 where none did. */
  readonly lastFailedAt: number;
  /** Of those that were answered: from when each was due, in ms. */
  readonly tookMs: readonly number[];
}

/** All calls of a load. */
export interface Ended {
  readonly made: number;
  readonly answered: number;
  readonly failures: readonly Failure[];
  /** What the connector counted meanwhile. */
  readonly counted: { readonly ok: number; readonly failed: number };
}

/** Takes down what becomes of the calls of a load, which are numbered from 0 in the order in which they were due. */
export class Outcomes {
  readonly #dueAt: number[] = [];
  /** What an answer took, in ms; NaN: it failed; undefined: not yet. */
  readonly #tookMs: (number | undefined)[] = [];
  readonly #failures: Failure[] = [];
  #answered = 0;

  get made(): number {
    return this.#dueAt.length;
  }

  get failures(): readonly Failure[] {
    return this.#failures;
  }

  get answered(): number {
    return this.#answered;
  }

  /** Takes down that a call is made, and returns its number. */
  begin(dueAt: number): number {
    this.#tookMs.push(undefined);
    return this.#dueAt.push(dueAt) - 1;
  }

  succeed(call: number, atMs: number): void {
    this.#tookMs[call] = atMs - this.#dueAt[call]!;
    this.#answered++;
  }

  fail(call: number, { code, reason, processed, endpoint, message }: RpcError): void {
    this.#tookMs[call] = Number.NaN;
    this.#failures.push({ call, code, reason, processed, endpoint, message });
  }

  span(fromMs: number, toMs: number): Span {
    const tookMs: number[] = [];
    let [failed, lastFailedAt] = [0, 0];
    for (const [call, dueAt] of this.#dueAt.entries()) {
      const took = this.#tookMs[call];
      if (dueAt < fromMs || dueAt >= toMs || took === undefined) continue;
      if (!Number.isNaN(took)) tookMs.push(took);
      else {
        failed++;
        lastFailedAt = dueAt;
      }
    }
    return { calls: tookMs.length + failed, failed, lastFailedAt, tookMs };
  }
}
