import type { Call, Receiver, Trace } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import type { ExplainedAttempt, ExplainedCandidate, Explanation } from "../contract/explanation.js";
import type { FailMode } from "../contract/fail-mode.js";

/** What is noted of an attempt until it has ended. */
interface Open {
  readonly call: Call;
  readonly number: number;
  readonly startedAt: number;
  candidates: readonly ExplainedCandidate[];
}

/** What a call that explains itself did: made for such a call alone, and told of each attempt by the channel. */
export class CallTrace implements Trace {
  readonly #tell: (explanation: Explanation) => void;
  readonly #now: () => number;
  readonly #path: string;
  readonly #startedAt: number;
  readonly #attempts: ExplainedAttempt[] = [];
  #open: Open[] = [];
  #budgetLeft: (() => number | undefined) | undefined;
  #failMode: FailMode = "failover";

  constructor(path: string, tell: (explanation: Explanation) => void, now: () => number) {
    this.#path = path;
    this.#tell = tell;
    this.#now = now;
    this.#startedAt = now();
  }

  attempt(
    call: Call,
    receiver: Receiver,
    candidates: readonly ExplainedCandidate[],
    failMode: FailMode,
    budgetLeft: () => number | undefined,
  ): Receiver {
    this.#budgetLeft = budgetLeft;
    this.#failMode = failMode;
    // One that waited comes by a second time.
    const waited = this.#open.find((open) => open.call === call && open.number === call.attempt);
    if (waited !== undefined) {
      waited.candidates = candidates;
      return receiver;
    }
    const open: Open = { call, number: call.attempt, startedAt: this.#now(), candidates };
    this.#open.push(open);
    return {
      succeed: (output) => {
        this.#close(open, "ok");
        receiver.succeed(output);
      },
      fail: (thrown) => {
        this.#close(open, outcomeOf(thrown));
        receiver.fail(thrown);
      },
    };
  }

  /** The call has settled. What the listener throws is nobody's concern: the call is over. */
  end(thrown?: unknown): void {
    const outcome = thrown === undefined ? "ok" : outcomeOf(thrown);
    for (const open of this.#open) this.#close(open, outcome);
    try {
      this.#tell({
        path: this.#path,
        outcome,
        tookMs: this.#now() - this.#startedAt,
        failMode: this.#failMode,
        attempts: this.#attempts,
        budgetLeft: this.#budgetLeft?.(),
      });
    } catch {}
  }

  #close(open: Open, outcome: string): void {
    if (!this.#open.includes(open)) return;
    this.#open = this.#open.filter((other) => other !== open);
    const { call, number, startedAt, candidates } = open;
    const afterMs = startedAt - this.#startedAt;
    const endpoint = call.endpoint?.address;
    this.#attempts.push({ number, endpoint, outcome, afterMs, tookMs: this.#now() - startedAt, candidates });
  }
}

function outcomeOf(thrown: unknown): string {
  return thrown instanceof RpcError ? thrown.reason : "UNKNOWN";
}
