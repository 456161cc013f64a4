import type { Deadlines, Expiring } from "../clock/deadlines.js";
import {
  type Account,
  type Call,
  type Carrier,
  type Invoke,
  type Metadata,
  type NestedCall,
  noMetadata,
  type Priority,
  type Receiver,
  type Reply,
  type Route,
} from "../contract/call.js";
import { worse } from "../contract/certainty.js";
import { type Processed, RpcError } from "../contract/errors.js";
import type { Method } from "../contract/method.js";
import { pastAttempts } from "../contract/past-attempts.js";
import { markReceived } from "../contract/received-error.js";
import type { Endpoint } from "../contract/registry.js";
import { diagnostics } from "../session/diagnostics.js";
import { asFailure } from "../stats/failure.js";
import type { CheckedOptions } from "./call-options.js";
import { cancelled, deadlineExceeded } from "./caller-errors.js";
import type { Direct } from "./direct.js";
import { type Abortable, forgetAbort, tellAbort } from "./on-abort.js";
import { publishOutcome, replyOf } from "./tell-outcome.js";

/** What a call lacks that is over before its time. */
const lacking = "had no answer";

/** What settles the promise that was made last: so that making one costs no closure, which the common call would pay for. */
let taken: ((output: unknown) => void) | undefined;

/** A call keeps one function of the two: what it rejects with, it resolves with as a promise that is rejected. */
function take(resolve: (output: unknown) => void): void {
  taken = resolve;
}

/** What the calls of a client share. */
export interface Origin {
  readonly invoke: Invoke;
  /** The way beside `invoke`, where there is one. */
  readonly direct: Direct | undefined;
  readonly deadlines: Deadlines;
}

/** What few calls have. */
interface Rare {
  abandoned: RpcError | undefined;
  nested: Set<NestedCall> | undefined;
  /** Oneway: a queue has taken it. */
  accepted: boolean;
}

/**
 * A call as its caller sees it: one promise that settles once, with the answer, or at the deadline, or when the caller
 * gives up, whatever interceptors, queues and backoffs do in between. Of ten thousand in flight the collector copies
 * each, so that what can be shared or made when it is needed has no field of its own.
 */
export class ClientCall implements Call, Expiring, NestedCall, Abortable, Receiver {
  readonly method: Method;
  readonly startedAt: number;
  input: readonly unknown[];
  metadata: Metadata;
  deadline: number;
  readonly signal: AbortSignal | undefined;
  priority: Priority;
  attempt = 1;
  readonly oneway: boolean;
  route: Route | undefined;
  replyMetadata: Metadata = noMetadata;
  endpoint: Endpoint | undefined = undefined;
  idempotent = false;
  readonly cautious: boolean;
  processed: Processed = "no";
  carrier: Carrier | undefined = undefined;
  carriedAs = 0;
  account: Account | undefined = undefined;
  place = -1;
  readonly #parent: Call | undefined;
  readonly #onReply: ((reply: Reply) => void) | undefined;
  readonly #origin: Origin;
  #rare: Rare | undefined;
  /** Undefined once it has settled. */
  #resolve: ((output: unknown) => void) | undefined;

  constructor(
    origin: Origin,
    method: Method,
    startedAt: number,
    input: readonly unknown[],
    deadline: number,
    priority: Priority,
    parent: Call | undefined,
    { metadata, signal, onReply, route, oneway }: CheckedOptions,
  ) {
    this.#origin = origin;
    this.method = method;
    this.startedAt = startedAt;
    this.input = input;
    this.metadata = metadata;
    this.deadline = deadline;
    this.signal = signal;
    this.priority = priority;
    this.cautious = parent !== undefined && (parent.cautious || parent.attempt > 1);
    this.#parent = parent;
    this.#onReply = onReply;
    this.route = route;
    this.oneway = oneway;
  }

  get peer(): undefined {
    return undefined;
  }

  get settled(): boolean {
    return this.#resolve === undefined;
  }

  get abandoned(): RpcError | undefined {
    return this.#rare?.abandoned;
  }

  get nested(): Set<NestedCall> | undefined {
    return this.#rare?.nested;
  }

  set nested(calls: Set<NestedCall> | undefined) {
    this.#rarely().nested = calls;
  }

  #rarely(): Rare {
    this.#rare ??= { abandoned: undefined, nested: undefined, accepted: false };
    return this.#rare;
  }

  /** Sends the call through `invoke`, or beside it where there is a direct way. To be called once. */
  start(): Promise<unknown> {
    const settled = new Promise<unknown>(take);
    this.#resolve = taken;
    // Or the last answer would be kept until the next call.
    taken = undefined;
    try {
      this.#begin(this.#origin);
    } catch (thrown) {
      this.#fail(thrown);
    }
    return settled;
  }

  #begin({ invoke, deadlines, direct }: Origin): void {
    if (this.deadline <= this.startedAt) {
      this.#giveUp(deadlineExceeded(this, lacking));
      return;
    }
    if (this.signal?.aborted) {
      this.#giveUp(cancelled(this, this.signal.reason, lacking));
      return;
    }
    deadlines.add(this);
    if (this.signal !== undefined) tellAbort(this.signal, this);
    if (this.#parent !== undefined) {
      this.#parent.nested ??= new Set();
      this.#parent.nested.add(this);
    }
    // Who else hears of the answer runs code of his own, which must not stand within the reading of a connection.
    if (direct === undefined || this.#onReply !== undefined || diagnostics.clientCall.hasSubscribers) {
      this.#await(invoke(this));
    } else {
      direct.send(this, this);
    }
  }

  #await(answer: Promise<unknown>): void {
    answer.then(
      (output) => this.succeed(output),
      (thrown) => this.#fail(thrown),
    );
  }

  /** The first attempt has failed. Whoever tells it may still be at work: what follows waits until he is done. */
  fail(thrown: unknown): void {
    this.#await(Promise.resolve().then(() => this.#origin.direct!.recover(this, thrown)));
  }

  /** Called by the table of deadlines. */
  expire(): void {
    if (this.#rare?.accepted) this.#drop();
    else this.#giveUp(deadlineExceeded(this, lacking));
  }

  /** A queue has taken a oneway call: its caller is told, and from here on only its deadline can stop it. */
  onAccepted(): void {
    const resolve = this.#resolve;
    if (resolve === undefined) return;
    this.#rarely().accepted = true;
    this.#withdraw();
    if (this.account !== undefined) this.account.settled++;
    if (diagnostics.clientCall.hasSubscribers) this.#report(undefined);
    resolve(undefined);
  }

  /** An accepted call was not written before its deadline. */
  #drop(): void {
    const error = deadlineExceeded(this, lacking);
    this.#rarely().abandoned = error;
    this.carrier?.giveUp(error, this);
  }

  /** Called by the caller's signal. */
  onAbort(): void {
    this.#giveUp(cancelled(this, this.signal?.reason, lacking));
  }

  /** The handler that made this call was told to stop. */
  abandon(reason: RpcError): void {
    this.#giveUp(cancelled(this, reason, lacking));
  }

  /** The answer has come. */
  succeed(output: unknown): void {
    const resolve = this.#resolve;
    if (resolve === undefined) {
      this.#end();
      return;
    }
    this.#leave();
    const { account } = this;
    if (account !== undefined) {
      account.settled++;
      if (this.attempt > 1) account.retries += this.attempt - 1;
    }
    if (diagnostics.clientCall.hasSubscribers) this.#report(undefined);
    if (this.#onReply !== undefined && !this.oneway) {
      try {
        this.#onReply(replyOf(this));
      } catch (thrown) {
        resolve(Promise.reject(thrown));
        return;
      }
    }
    resolve(output);
  }

  #fail(thrown: unknown): void {
    const resolve = this.#resolve;
    if (resolve === undefined) {
      this.#end();
      return;
    }
    this.#leave();
    if (thrown instanceof RpcError) {
      markReceived(thrown);
      // An interceptor may throw an error that cannot be written to; it is still what the caller gets.
      Reflect.set(thrown, "attempts", this.attempt);
      if (this.attempt > 1) Reflect.set(thrown, "message", thrown.message + pastAttempts(this));
      Reflect.set(thrown, "processed", worse(thrown.processed, this.processed));
    }
    const { account } = this;
    if (account !== undefined) {
      account.fail(asFailure(thrown));
      account.retries += this.attempt - 1;
    }
    if (diagnostics.clientCall.hasSubscribers) this.#report(thrown);
    if (this.#onReply !== undefined && thrown instanceof RpcError && thrown.origin === "peer") {
      try {
        this.#onReply(replyOf(this));
      } catch {
        // The call has failed already, and that is what its caller has to know.
      }
    }
    resolve(Promise.reject(thrown));
  }

  #report(thrown: unknown): void {
    publishOutcome(this, thrown, this.#origin.deadlines.now() - this.startedAt);
  }

  #giveUp(error: RpcError): void {
    if (this.#resolve === undefined) return;
    this.#rarely().abandoned = error;
    error.processed = this.carrier?.giveUp(error, this) ?? "no";
    error.endpoint = this.endpoint?.address;
    this.#fail(error);
  }

  /** Whatever way it ended, nothing of it may stay behind. */
  #leave(): void {
    this.#end();
    this.#withdraw();
  }

  #end(): void {
    this.#origin.deadlines.delete(this);
  }

  /** Its caller hears no more of it, and it no more of its caller. */
  #withdraw(): void {
    this.#resolve = undefined;
    if (this.signal !== undefined) forgetAbort(this.signal, this);
    this.#parent?.nested?.delete(this);
  }
}
