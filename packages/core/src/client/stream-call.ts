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
  type Reply,
  type Route,
} from "../contract/call.js";
import { worse } from "../contract/certainty.js";
import { type Processed, RpcError } from "../contract/errors.js";
import type { Method } from "../contract/method.js";
import { pastAttempts } from "../contract/past-attempts.js";
import { markReceived } from "../contract/received-error.js";
import type { Endpoint } from "../contract/registry.js";
import { isStream } from "../items/is-stream.js";
import { diagnostics } from "../session/diagnostics.js";
import { asFailure } from "../stats/failure.js";
import { ArgumentStream } from "./argument-stream.js";
import type { CheckedOptions } from "./call-options.js";
import { cancelled, deadlineExceeded } from "./caller-errors.js";
import { type Abortable, forgetAbort, tellAbort } from "./on-abort.js";
import { publishOutcome, replyOf } from "./tell-outcome.js";

/** What a call lacks that is over before its time. */
const lacking = "had not ended";

/** Who is told what becomes of a call that streams. */
export interface StreamOutcome {
  /** It was answered: by its result, or by a stream that has been opened. */
  opened(output: unknown): void;
  /** It has ended before its time, for this reason. */
  failed(thrown: unknown): void;
}

/**
 * A call that streams as its caller sees it, from when it is made until its last item, its deadline, or its caller's
 * leaving. As `ClientCall`, which has one answer and none of the cost.
 */
export class StreamCall implements Call, Expiring, NestedCall, Abortable {
  readonly method: Method;
  readonly startedAt: number;
  input: readonly unknown[];
  metadata: Metadata;
  readonly signal: AbortSignal | undefined;
  priority: Priority;
  attempt = 1;
  readonly oneway = false;
  route: Route | undefined;
  readonly peer = undefined;
  replyMetadata: Metadata = noMetadata;
  endpoint: Endpoint | undefined = undefined;
  idempotent = false;
  readonly cautious: boolean;
  processed: Processed = "no";
  carrier: Carrier | undefined = undefined;
  carriedAs = 0;
  abandoned: RpcError | undefined = undefined;
  settled = false;
  nested: Set<NestedCall> | undefined = undefined;
  account: Account | undefined = undefined;
  begun = false;
  place = -1;
  readonly #parent: Call | undefined;
  readonly #onReply: ((reply: Reply) => void) | undefined;
  readonly #arguments: readonly ArgumentStream[];
  readonly #onEnd: ((thrown?: unknown) => void) | undefined;
  #deadlines: Deadlines | undefined;
  #deadline: number;
  #outcome: StreamOutcome | undefined;

  constructor(
    method: Method,
    startedAt: number,
    input: readonly unknown[],
    deadline: number,
    priority: Priority,
    parent: Call | undefined,
    { metadata, signal, onReply, route }: CheckedOptions,
    onEnd?: (thrown?: unknown) => void,
  ) {
    this.#onEnd = onEnd;
    this.method = method;
    this.startedAt = startedAt;
    this.input = input.map((value) => (isStream(value) ? new ArgumentStream(this, value) : value));
    this.#arguments = this.input.filter((value) => value instanceof ArgumentStream);
    this.metadata = metadata;
    this.#deadline = deadline;
    this.signal = signal;
    this.priority = priority;
    this.cautious = parent !== undefined && (parent.cautious || parent.attempt > 1);
    this.#parent = parent;
    this.#onReply = onReply;
    this.route = route;
  }

  get deadline(): number {
    return this.#deadline;
  }

  set deadline(deadline: number) {
    this.#deadline = deadline;
    if (this.place >= 0) this.#deadlines?.renew(this);
    else if (!this.settled && deadline !== Number.POSITIVE_INFINITY) this.#deadlines?.add(this);
  }

  /** Sends the call through `invoke`. To be called once. */
  start(invoke: Invoke, deadlines: Deadlines, outcome: StreamOutcome): void {
    this.#outcome = outcome;
    const refused = this.#refusal();
    if (refused !== undefined) {
      this.#giveUp(refused);
      return;
    }
    this.#deadlines = deadlines;
    if (this.deadline !== Number.POSITIVE_INFINITY) deadlines.add(this);
    if (this.signal !== undefined) tellAbort(this.signal, this);
    if (this.#parent !== undefined) {
      this.#parent.nested ??= new Set();
      this.#parent.nested.add(this);
    }
    let answer: Promise<unknown>;
    try {
      answer = invoke(this);
    } catch (thrown) {
      answer = Promise.reject(thrown);
    }
    answer.then(
      (output) => this.#opened(output),
      (thrown) => this.#failed(thrown),
    );
  }

  /** Its last item was taken. Returns what is to be thrown all the same; undefined: nothing. */
  onDone(): unknown {
    return this.#succeed()?.thrown;
  }

  /** An item could not be had. Returns what the caller gets. */
  onFailed(thrown: unknown): unknown {
    this.#conclude(thrown);
    return thrown;
  }

  /** Its caller has left the stream. */
  onLeft(): void {
    if (this.settled) return;
    const error = cancelled(this, undefined, lacking);
    this.#tellCarrier(error);
    this.#conclude(error);
  }

  /** Called by the table of deadlines. */
  expire(): void {
    this.#giveUp(deadlineExceeded(this, lacking));
  }

  /** Called by the caller's signal. */
  onAbort(): void {
    this.#giveUp(cancelled(this, this.signal?.reason, lacking));
  }

  /** The handler that made this call was told to stop. */
  abandon(reason: RpcError): void {
    this.#giveUp(cancelled(this, reason, lacking));
  }

  /** Called by its carrier: whoever was to read it asks for nothing, and would never hear of it. */
  onForgotten(error: RpcError): void {
    this.#failed(error);
  }

  /** Called by an argument of it. */
  argumentFailed(cause: unknown): void {
    const message = `${this.method.path}: a stream among its arguments failed, so that the call was given up; see cause`;
    this.#giveUp(
      new RpcError("invalid_argument", message, { reason: "ARGUMENT_STREAM_FAILED", processed: "no", cause }),
    );
  }

  #refusal(): RpcError | undefined {
    if (this.#arguments.length > 0 && this.method.kind === "server") return notDeclared(this.method);
    if (this.deadline <= this.startedAt) return deadlineExceeded(this, lacking);
    return this.signal?.aborted ? cancelled(this, this.signal.reason, lacking) : undefined;
  }

  #opened(output: unknown): void {
    const outcome = this.#outcome;
    // It was given up meanwhile: what comes too late is let go of.
    if (this.settled || this.method.kind !== "client") {
      outcome?.opened(output);
      return;
    }
    const failed = this.#succeed();
    if (failed === undefined) outcome?.opened(output);
    else outcome?.failed(failed.thrown);
  }

  #failed(thrown: unknown): void {
    if (this.settled) return;
    this.#conclude(thrown);
    this.#outcome?.failed(thrown);
  }

  #giveUp(error: RpcError): void {
    if (this.settled) return;
    this.#tellCarrier(error);
    this.#failed(error);
  }

  /** Nobody reads what is open, and nobody else would end it. */
  #letGo(cause: unknown): void {
    const error = cancelled(this, cause, lacking);
    this.abandoned = error;
    this.carrier?.giveUp(error, this);
  }

  #tellCarrier(error: RpcError): void {
    this.abandoned = error;
    error.processed = this.carrier?.giveUp(error, this) ?? this.processed;
    error.endpoint = this.endpoint?.address;
  }

  /** Returns what `onReply` threw, which takes the place of the end. */
  #succeed(): { readonly thrown: unknown } | undefined {
    if (this.settled) return undefined;
    this.#leave(undefined);
    const { account } = this;
    if (account !== undefined) {
      account.settled++;
      account.retries += this.attempt - 1;
    }
    if (diagnostics.clientCall.hasSubscribers) this.#report(undefined);
    this.#onEnd?.();
    try {
      this.#onReply?.(replyOf(this));
    } catch (thrown) {
      return { thrown };
    }
    return undefined;
  }

  /** It has failed: whoever is to know of that is told, but for its caller. */
  #conclude(thrown: unknown): void {
    if (this.settled) return;
    this.#leave(thrown);
    if (thrown instanceof RpcError) {
      markReceived(thrown);
      // An interceptor may throw an error that cannot be written to; it is still what the caller gets.
      Reflect.set(thrown, "attempts", this.attempt);
      if (this.attempt > 1) {
        Reflect.set(thrown, "message", thrown.message + pastAttempts(this));
        Reflect.set(thrown, "processed", worse(thrown.processed, this.processed));
      }
    }
    const { account } = this;
    if (account !== undefined) {
      account.fail(asFailure(thrown));
      account.retries += this.attempt - 1;
    }
    if (diagnostics.clientCall.hasSubscribers) this.#report(thrown);
    this.#onEnd?.(thrown);
    if (thrown instanceof RpcError && thrown.origin === "peer") {
      try {
        this.#onReply?.(replyOf(this));
      } catch {
        // The call has failed already, and that is what its caller has to know.
      }
    }
  }

  #report(thrown: unknown): void {
    publishOutcome(this, thrown, this.#deadlines === undefined ? 0 : this.#deadlines.now() - this.startedAt);
  }

  /** Whatever way it ended, nothing of it may stay behind. */
  #leave(cause: unknown): void {
    this.settled = true;
    // An interceptor may throw, or answer itself, while what it was given is still open.
    if (this.carrier !== undefined && this.abandoned === undefined) this.#letGo(cause);
    this.#deadlines?.delete(this);
    if (this.signal !== undefined) forgetAbort(this.signal, this);
    this.#parent?.nested?.delete(this);
    for (const each of this.#arguments) each.end();
  }
}

function notDeclared({ path }: Method): RpcError {
  const message = `${path} was given a stream and takes none: declare stream: "duplex" where its arguments stream, too`;
  return new RpcError("invalid_argument", message, { reason: "STREAM_NOT_DECLARED", processed: "no" });
}
