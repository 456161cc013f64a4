import type { Deadlines } from "../clock/deadlines.js";
import { type Call, type Carrier, type Invoke, type Metadata, noMetadata, type Peer } from "../contract/call.js";
import { type Processed, RpcError } from "../contract/errors.js";
import type { Logger } from "../contract/logger.js";
import { EndableItems, endSource, type ItemsOwner } from "../items/endable-items.js";
import { isStream } from "../items/is-stream.js";
import { lazySource } from "../items/lazy-source.js";
import type { ErrorClasses } from "../session/error-classes.js";
import { faultOf } from "../session/fault-of.js";
import { logThrown } from "../session/log-thrown.js";
import { errorMetadataOf } from "../session/reply-metadata.js";
import type { RunningCall } from "../session/running-call.js";
import { runningIn, sendableMetadata } from "./in-process-call.js";
import { noStream } from "./run-streaming.js";

/** A call within the process that streams: no item is asked for before somebody asks for it on the other side. */
export class PassedStream implements Carrier, ItemsOwner {
  readonly #call: Call;
  readonly #running: RunningCall;
  readonly #logger: Logger;
  readonly #classes: ErrorClasses;
  readonly #arguments: EndableItems[] = [];
  #items: EndableItems | undefined;
  #opened: ((output: unknown) => void) | undefined;
  #failed: ((thrown: unknown) => void) | undefined;
  #early: Metadata = noMetadata;

  constructor(call: Call, deadlines: Deadlines, logger: Logger, classes: ErrorClasses, caller: Peer) {
    this.#call = call;
    this.#logger = logger;
    this.#classes = classes;
    this.#running = runningIn(call, deadlines, caller);
    this.#running.input = call.input.map((value) => (isStream(value) ? this.#pass(value) : value));
  }

  /** Runs the handler. Settles as it does, or when the stream is open. To be called once. */
  run(invoke: Invoke): Promise<unknown> {
    this.#call.carrier = this;
    this.#call.idempotent = this.#call.method.idempotent;
    return new Promise((resolve, reject) => {
      this.#opened = resolve;
      this.#failed = reject;
      let answer: Promise<unknown>;
      try {
        answer = invoke(this.#running);
      } catch (thrown) {
        answer = Promise.reject(thrown);
      }
      answer.then(
        (output) => this.#answered(output),
        (thrown) => this.#fail(this.onFailed(thrown)),
      );
    });
  }

  giveUp(error: RpcError): Processed {
    this.#stop(error);
    return "maybe";
  }

  onDone(): unknown {
    try {
      this.#tellMetadata();
    } catch (thrown) {
      return this.onFailed(thrown);
    }
    this.#end();
    return undefined;
  }

  onFailed(thrown: unknown): unknown {
    const { path } = this.#call.method;
    if (this.#running.settled) return thrown;
    logThrown(this.#logger, path, thrown);
    const late = errorMetadataOf(this.#running, this.#logger);
    this.#call.replyMetadata = merged(this.#early, late);
    const fault = faultOf(thrown, path, this.#classes);
    this.#end();
    return this.#classes.knows(fault) ? this.#classes.revive(fault) : fault;
  }

  onLeft(): void {
    this.#stop(new RpcError("cancelled", "the caller left the stream", { reason: "CANCELLED" }));
  }

  #answered(output: unknown): void {
    if (this.#call.method.kind === "client") {
      const failed = this.onDone();
      if (failed === undefined) this.#opened?.(output);
      else this.#fail(failed);
      return;
    }
    if (!isStream(output)) {
      this.#fail(this.onFailed(noStream(this.#running)));
      return;
    }
    const source = lazySource(output);
    const { abandoned } = this.#running;
    if (abandoned !== undefined) {
      endSource(source);
      this.#end();
      this.#fail(abandoned);
      return;
    }
    this.#items = new EndableItems(this);
    this.#items.open(untilFirst(source, () => this.#tellMetadata(true)));
    try {
      this.#tellMetadata(true);
    } catch (thrown) {
      this.#items.end();
      this.#fail(this.onFailed(thrown));
      return;
    }
    this.#opened?.(this.#items);
  }

  #fail(thrown: unknown): void {
    this.#failed?.(thrown);
  }

  /** `early`: before the first item; what is set after it is told with the end, beside this. */
  #tellMetadata(early = false): void {
    if (this.#running.replyMetadata === noMetadata) return;
    const told = merged(this.#early, sendableMetadata(this.#running, this.#logger));
    this.#call.replyMetadata = told;
    if (early) this.#early = told;
  }

  /** A stream as its handler reads it: it ends with the call, and what its source throws is for the caller alone. */
  #pass(stream: AsyncIterable<unknown>): EndableItems {
    const items = new EndableItems({
      onDone: () => undefined,
      onFailed: (cause) => this.#argumentFailed(cause),
      onLeft: () => {},
    });
    items.open(lazySource(stream));
    this.#arguments.push(items);
    return items;
  }

  #argumentFailed(cause: unknown): RpcError {
    const message = `${this.#call.method.path}: a stream among its arguments failed; see cause`;
    const error = new RpcError("invalid_argument", message, { reason: "ARGUMENT_STREAM_FAILED", cause });
    const told = this.#stop(error);
    this.#fail(error);
    return told;
  }

  /** The caller has gone: the handler is told, and its streams end. Returns what it is told. */
  #stop(error: RpcError): RpcError {
    const told = asCancel(error);
    this.#running.abort(told);
    for (const each of this.#arguments) each.end({ thrown: told });
    if (this.#items !== undefined) {
      this.#items.end({ thrown: error });
      this.#end();
    }
    return told;
  }

  #end(): void {
    if (this.#running.settled) return;
    this.#call.processed = "yes";
    this.#running.finish();
    this.#call.carrier = undefined;
    // Who reads on would take what is cut off for whole.
    const ended = new RpcError("cancelled", "the call that this stream was an argument of has ended", {
      reason: "CANCELLED",
    });
    for (const each of this.#arguments) each.end({ thrown: ended });
  }
}

/** What a handler learns of a caller that has gone, for whatever reason. */
function asCancel(error: RpcError): RpcError {
  if (error.code === "cancelled" || error.code === "deadline_exceeded") return error;
  return new RpcError("cancelled", "the caller cancelled the call", { reason: "CANCELLED" });
}

/** Returns the source, with `onFirst` called before its first item is handed on. */
function untilFirst(source: AsyncIterator<unknown>, onFirst: () => void): AsyncIterator<unknown> {
  let first = true;
  return {
    async next() {
      const item = await source.next();
      if (first) {
        first = false;
        if (item.done !== true) onFirst();
      }
      return item;
    },
    return: () => source.return?.() ?? Promise.resolve({ done: true, value: undefined }),
  };
}

function merged(early: Metadata, late: Metadata): Metadata {
  if (late === noMetadata) return early;
  return early === noMetadata ? late : Object.freeze({ ...early, ...late });
}
