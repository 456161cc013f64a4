import type { Expiring } from "../clock/deadlines.js";
import {
  type Account,
  type Call,
  type Carrier,
  type Metadata,
  type NestedCall,
  noMetadata,
  type Priority,
  type Receiver,
  type Route,
} from "../contract/call.js";
import { certainties, worse } from "../contract/certainty.js";
import { type Processed, RpcError } from "../contract/errors.js";
import type { Method } from "../contract/method.js";
import { pastAttempts } from "../contract/past-attempts.js";
import { markReceived } from "../contract/received-error.js";
import type { Endpoint } from "../contract/registry.js";
import { diagnostics } from "../session/diagnostics.js";
import { asFailure } from "../stats/failure.js";
import { cancelled, deadlineExceeded } from "./caller-errors.js";
import { type Abortable, forgetAbort, tellAbort } from "./on-abort.js";
import { publishOutcome, replyOf } from "./tell-outcome.js";
import { directWay, type Terms } from "./terms.js";

/** What a call lacks that is over before its time. */
const lacking = "had no answer";

const certaintyBits = 3;
const idempotentBit = 4;
const attemptShift = 3;
const firstAttempt = 1 << attemptShift;

/** What settles the promise that was made last: so that making one costs no closure, which the common call would pay for. */
let taken: ((output: unknown) => void) | undefined;

/** A call keeps one function of the two: what it rejects with, it resolves with as a promise that is rejected. */
function take(resolve: (output: unknown) => void): void {
  taken = resolve;
}

/** What few calls have. */
interface Rare {
  abandoned: RpcError | undefined;
  nested: Set<NestedCall> | undefined;
  replyMetadata: Metadata;
}

/**
 * A call as its caller sees it: one promise that settles once, with the answer, or at the deadline, or when the caller
 * gives up, whatever interceptors, queues and backoffs do in between. Of ten thousand in flight the collector copies
 * each, so that what can be shared or made when it is needed has no field of its own. To be passed on as it is: a copy by
 * spreading is no call.
 */
export class ClientCall implements Call, Expiring, NestedCall, Abortable, Receiver {
  input: readonly unknown[];
  endpoint: Endpoint | undefined = undefined;
  carriedAs = 0;
  place = -1;
  #carrier: Carrier | undefined = undefined;
  /** Two bits for `processed`, one for `idempotent`, and `attempt` above them. */
  #bits = firstAttempt;
  #terms: Terms;
  #rare: Rare | undefined;
  /** Undefined once it has settled. */
  #resolve: ((output: unknown) => void) | undefined;

  constructor(input: readonly unknown[], terms: Terms) {
    this.input = input;
    this.#terms = terms;
  }

  get method(): Method {
    return this.#terms.method;
  }

  get processed(): Processed {
    return certainties[this.#bits & certaintyBits]!;
  }

  set processed(processed: Processed) {
    this.#bits = (this.#bits & ~certaintyBits) | certainties.indexOf(processed);
  }

  get idempotent(): boolean {
    return (this.#bits & idempotentBit) !== 0;
  }

  set idempotent(idempotent: boolean) {
    this.#bits = idempotent ? this.#bits | idempotentBit : this.#bits & ~idempotentBit;
  }

  get attempt(): number {
    return this.#bits >>> attemptShift;
  }

  set attempt(attempt: number) {
    this.#bits = (this.#bits & (certaintyBits | idempotentBit)) | (attempt << attemptShift);
  }

  /** Calls of one method that go one way have one account. */
  get account(): Account | undefined {
    return this.#terms.account;
  }

  set account(account: Account | undefined) {
    if (this.#terms.account !== account) this.#terms.account = account;
  }

  get startedAt(): number {
    return this.#terms.startedAt;
  }

  get deadline(): number {
    return this.#terms.deadline;
  }

  set deadline(deadline: number) {
    this.#ownTerms().deadline = deadline;
    this.#terms.origin.deadlines.renew(this);
  }

  get metadata(): Metadata {
    return this.#terms.metadata;
  }

  set metadata(metadata: Metadata) {
    this.#ownTerms().metadata = metadata;
  }

  get priority(): Priority {
    return this.#terms.priority;
  }

  set priority(priority: Priority) {
    this.#ownTerms().priority = priority;
  }

  get route(): Route | undefined {
    return this.#terms.route;
  }

  set route(route: Route | undefined) {
    this.#ownTerms().route = route;
  }

  get signal(): AbortSignal | undefined {
    return this.#terms.signal;
  }

  get oneway(): boolean {
    return this.#terms.oneway;
  }

  get cautious(): boolean {
    return this.#terms.cautious;
  }

  get peer(): undefined {
    return undefined;
  }

  get replyMetadata(): Metadata {
    return this.#rare === undefined ? noMetadata : this.#rare.replyMetadata;
  }

  set replyMetadata(metadata: Metadata) {
    if (metadata !== this.replyMetadata) this.#rarely().replyMetadata = metadata;
  }

  get carrier(): Carrier | undefined {
    return this.#carrier;
  }

  set carrier(carrier: Carrier | undefined) {
    this.#carrier = carrier;
    if (this.#resolve === undefined) this.#carriedOn();
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
    this.#rare ??= { abandoned: undefined, nested: undefined, replyMetadata: noMetadata };
    return this.#rare;
  }

  /** What is changed of one call must not change those that were made with it. */
  #ownTerms(): Terms {
    if (this.#terms.shared) this.#terms = this.#terms.copy();
    return this.#terms;
  }

  /** Sends the call through `invoke`, or beside it where there is a direct way. To be called once. */
  start(): Promise<unknown> {
    const settled = new Promise<unknown>(take);
    this.#resolve = taken;
    // Or the last answer would be kept until the next call.
    taken = undefined;
    try {
      this.#begin(this.#terms);
    } catch (thrown) {
      this.#fail(thrown);
    }
    return settled;
  }

  #begin({ origin, startedAt, deadline, signal, parent, onReply }: Terms): void {
    if (deadline <= startedAt) {
      this.#giveUp(deadlineExceeded(this, lacking));
      return;
    }
    if (signal?.aborted) {
      this.#giveUp(cancelled(this, signal.reason, lacking));
      return;
    }
    origin.deadlines.add(this);
    if (signal !== undefined) tellAbort(signal, this);
    if (parent !== undefined) {
      parent.nested ??= new Set();
      parent.nested.add(this);
    }
    const direct = directWay(origin, onReply);
    if (direct === undefined) this.#await(origin.invoke(this));
    else direct.send(this, this);
  }

  #await(answer: Promise<unknown>): void {
    answer.then(
      (output) => this.succeed(output),
      (thrown) => this.#fail(thrown),
    );
  }

  /** The first attempt has failed. Whoever tells it may still be at work: what follows waits until he is done. */
  fail(thrown: unknown): void {
    this.#await(Promise.resolve().then(() => this.#terms.origin.direct!.recover(this, thrown)));
  }

  /** Called by the table of deadlines. */
  expire(): void {
    if (this.#resolve === undefined) this.#drop();
    else this.#giveUp(deadlineExceeded(this, lacking));
  }

  /** A queue has taken a oneway call: its caller is told, and from here on only its deadline can stop it. */
  onAccepted(): void {
    const resolve = this.#resolve;
    if (resolve === undefined) return;
    this.#withdraw();
    if (this.account !== undefined) this.account.settled++;
    if (diagnostics.clientCall.hasSubscribers) this.#report(undefined);
    resolve(undefined);
  }

  /** Its caller has heard already: it was accepted and not written before its deadline, or an interceptor answered in its place. */
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
    const { onReply, oneway } = this.#terms;
    if (onReply !== undefined && !oneway) {
      try {
        onReply(replyOf(this));
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
    const { onReply } = this.#terms;
    if (onReply !== undefined && thrown instanceof RpcError && thrown.origin === "peer") {
      try {
        onReply(replyOf(this));
      } catch {
        // The call has failed already, and that is what its caller has to know.
      }
    }
    resolve(Promise.reject(thrown));
  }

  #report(thrown: unknown): void {
    publishOutcome(this, thrown, this.#terms.origin.deadlines.now() - this.startedAt);
  }

  #giveUp(error: RpcError): void {
    if (this.#resolve === undefined) return;
    this.#rarely().abandoned = error;
    error.processed = this.carrier?.giveUp(error, this) ?? "no";
    error.endpoint = this.endpoint?.address;
    this.#fail(error);
  }

  /** Whatever way it ended, nothing of it may stay behind; what is still carried, below an interceptor that answered, has its deadline. */
  #leave(): void {
    if (this.#carrier === undefined || this.abandoned !== undefined) this.#end();
    this.#withdraw();
  }

  /** Its caller has been told: from here on it has a deadline only while somebody carries it. */
  #carriedOn(): void {
    if (this.#carrier === undefined) this.#end();
    else if (this.place < 0) this.#terms.origin.deadlines.add(this);
  }

  #end(): void {
    this.#terms.origin.deadlines.delete(this);
  }

  /** Its caller hears no more of it, and it no more of its caller. */
  #withdraw(): void {
    this.#resolve = undefined;
    const { signal, parent } = this.#terms;
    if (signal !== undefined) forgetAbort(signal, this);
    parent?.nested?.delete(this);
  }
}
