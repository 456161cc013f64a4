import type { Deadlines } from "../clock/deadlines.js";
import type { Invoke } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import type { Method } from "../contract/method.js";
import { EndableItems } from "../items/endable-items.js";
import { isStream } from "../items/is-stream.js";
import { lazySource } from "../items/lazy-source.js";
import type { CheckedOptions } from "./call-options.js";
import type { StreamCall, StreamOutcome } from "./stream-call.js";

/** Makes a call that streams. Returns what its caller gets: a `ResultStream`, or a promise where its arguments alone stream. */
export function openStream(call: StreamCall, invoke: Invoke, deadlines: Deadlines): unknown {
  if (call.method.kind === "client") {
    return new Promise((resolve, reject) => {
      call.start(invoke, deadlines, { opened: resolve, failed: reject });
    });
  }
  const items = new EndableItems(call);
  call.start(invoke, deadlines, new Opening(call, items));
  return items;
}

/** Refuses a call through `oneway()` or in a batch. In a promise, as both answer: who awaits a stream would learn nothing. */
export function refuseStream({ path, kind }: Method, { oneway }: CheckedOptions): Promise<never> {
  const who = oneway ? "oneway() makes calls that nobody waits for" : "a batch has one outcome for each call";
  const message = `${path} streams (${kind}), and ${who}: call it on the client itself`;
  const error = new RpcError("invalid_argument", message, { reason: "STREAM_REFUSED", processed: "no" });
  const refused = Promise.reject(error);
  // A builder may leave it out of its list.
  if (!oneway) refused.catch(() => {});
  return refused;
}

/** Hides from a caller that its stream is opened by and by. */
class Opening implements StreamOutcome {
  readonly #call: StreamCall;
  readonly #items: EndableItems;

  constructor(call: StreamCall, items: EndableItems) {
    this.#call = call;
    this.#items = items;
  }

  opened(output: unknown): void {
    if (isStream(output)) this.#items.open(lazySource(output));
    else this.#items.end({ thrown: this.#call.onFailed(noStream(this.#call.method)) });
  }

  failed(thrown: unknown): void {
    this.#items.end({ thrown });
  }
}

function noStream({ path }: Method): RpcError {
  const message = `${path} was answered by something else than a stream: an interceptor of its client returned it`;
  return new RpcError("internal", message, { reason: "NO_STREAM_RETURNED" });
}
