import type { Call, Carrier, Interceptor, Invoke } from "../contract/call.js";
import { worse } from "../contract/certainty.js";
import type { Clock, Timer } from "../contract/clock.js";
import { type Processed, RpcError } from "../contract/errors.js";
import type { Method } from "../contract/method.js";
import { inheritAttempts, noteAttempt } from "../contract/past-attempts.js";
import { CallCopy } from "./call-copy.js";
import { recoveryBy, retryBy } from "./retry.js";
import type { RetryPolicy } from "./retry-policy.js";
import { UsualWait } from "./usual-wait.js";

/** No second attempt is made before this, in ms, however quick a method is. */
const leastWaitMs = 10;

/** Who carries calls that are made a second time. */
export interface Backing {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  /** Whether a call could go to an endpoint that is none of these. */
  readonly elsewhere: (except: readonly string[]) => boolean;
}

/**
 * Tries failed calls again, as `retry` does, and makes those of the mode "failbackup" a second time where the first
 * attempt is late. Dean and Barroso, The Tail at Scale, CACM 56(2), 2013: hedged requests.
 */
export function retryAndBackUp(backing: Backing): Interceptor {
  const { policy, clock } = backing;
  return (next) => {
    const usual = retryBy(policy, clock)(next);
    const recover = recoveryBy(policy, clock, next);
    const waits = new Map<Method, UsualWait>();
    return (call) => {
      if (call.oneway || call.method.kind !== "unary" || policy.modeOf(call) !== "failbackup") return usual(call);
      policy.count(call);
      const wait = waits.get(call.method) ?? new UsualWait();
      waits.set(call.method, wait);
      return new Race(call, backing, next, recover, wait).run();
    };
  };
}

/** A call and its attempts side by side. It carries the call: who gives that up gives up all of them. */
class Race implements Carrier {
  readonly #call: Call;
  readonly #backing: Backing;
  readonly #next: Invoke;
  readonly #recover: (call: Call, thrown: unknown) => Promise<unknown>;
  readonly #wait: UsualWait;
  readonly #running = new Set<CallCopy>();
  /** The first attempt, once there is a second one: what it is counted as is one more than what it is. */
  #backed: CallCopy | undefined;
  readonly #startedAt: number;
  #timer: Timer | undefined;
  #resolve: ((output: unknown) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;

  constructor(
    call: Call,
    backing: Backing,
    next: Invoke,
    recover: (call: Call, thrown: unknown) => Promise<unknown>,
    wait: UsualWait,
  ) {
    this.#call = call;
    this.#backing = backing;
    this.#next = next;
    this.#recover = recover;
    this.#wait = wait;
    this.#startedAt = backing.clock.now();
  }

  run(): Promise<unknown> {
    const call = this.#call;
    call.carrier = this;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      const first = new CallCopy(call, call.attempt, call.route);
      this.#enter(
        first,
        this.#next(first).then(undefined, (thrown: unknown) => this.#recover(first, thrown)),
      );
      this.#backUpLater(first);
    });
  }

  giveUp(error: RpcError): Processed {
    const processed = this.#leave(error);
    this.#reject?.(error);
    return worse(processed, this.#call.processed);
  }

  #backUpLater(first: CallCopy): void {
    const { clock } = this.#backing;
    this.#timer = clock.setTimer(() => this.#backUp(first), Math.max(leastWaitMs, this.#wait.p95Ms));
    // Who waits for the answer keeps the process alive by its deadline.
    this.#timer.unref();
  }

  /** The first attempt is late: a second one goes elsewhere, where that is paid for. */
  #backUp(first: CallCopy): void {
    this.#timer = undefined;
    const { policy, elsewhere } = this.#backing;
    if (first.endpoint === undefined || first.carrier === undefined) {
      this.#backUpLater(first);
      return;
    }
    const { route } = first;
    const except = [...(route?.except ?? []), first.endpoint.id];
    if (route?.only !== undefined || !elsewhere(except) || !policy.mayBackUp(first)) return;
    const second = new CallCopy(this.#call, first.attempt + 1, { ...route, except }, true);
    // Both count: a further attempt of the first is the third.
    first.attempt++;
    this.#backed = first;
    this.#enter(second, this.#next(second));
  }

  #enter(copy: CallCopy, answer: Promise<unknown>): void {
    this.#running.add(copy);
    answer.then(
      (output) => this.#won(copy, output),
      (thrown: unknown) => this.#lost(copy, thrown),
    );
  }

  #won(winner: CallCopy, output: unknown): void {
    if (!this.#running.delete(winner)) return;
    const call = this.#call;
    this.#wait.heard(this.#backing.clock.now() - this.#startedAt);
    this.#take(winner);
    const { path } = call.method;
    this.#leave(
      new RpcError("cancelled", `${path}: another attempt was answered first`, {
        reason: "CANCELLED",
        processed: "no",
      }),
    );
    this.#resolve?.(output);
  }

  #lost(loser: CallCopy, thrown: unknown): void {
    if (!this.#running.delete(loser)) return;
    this.#take(loser);
    if (this.#running.size > 0) {
      if (thrown instanceof RpcError)
        noteAttempt(loser, thrown, this.#backing.clock.now(), loser.attempt - (loser === this.#backed ? 1 : 0));
      inheritAttempts(this.#call, loser);
      return;
    }
    inheritAttempts(this.#call, loser);
    this.#leave(undefined);
    this.#reject?.(thrown);
  }

  /** What an attempt has come to is what the call has come to. */
  #take(copy: CallCopy): void {
    const call = this.#call;
    call.attempt = Math.max(call.attempt, copy.attempt);
    call.endpoint = copy.endpoint;
    call.idempotent = copy.idempotent;
    call.replyMetadata = copy.replyMetadata;
    call.processed = worse(call.processed, copy.processed);
  }

  /** Gives up what still runs. Returns whether any handler may have run. */
  #leave(error: RpcError | undefined): Processed {
    this.#timer?.cancel();
    this.#timer = undefined;
    let processed: Processed = "no";
    for (const copy of this.#running) {
      this.#running.delete(copy);
      if (error === undefined) continue;
      copy.abandoned = error;
      processed = worse(processed, worse(copy.processed, copy.carrier?.giveUp(error, copy) ?? "no"));
      if (this.#call.endpoint === undefined) this.#call.endpoint = copy.endpoint;
    }
    if (this.#call.carrier === this) this.#call.carrier = undefined;
    return processed;
  }
}
