import type { Invoke } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import { Feature } from "../wire/features.js";
import type { Answers } from "./answers.js";
import type { Connection } from "./connection.js";
import { RunStream, type RunStreamsOwner } from "./run-stream.js";
import type { RunningCall } from "./running-call.js";
import { tooManyStreams } from "./stream-errors.js";
import type { StreamParts } from "./stream-parts.js";

/** Who reads and answers the calls of a connection. */
export interface Runner {
  readonly answers: Answers;
  /** Returns the arguments of a call; before them stand so many bytes that are none. */
  decode(call: RunningCall, prefixBytes: number): readonly unknown[];
  /** Rejects a call that was started and cannot be decoded. */
  refuseUndecodable(call: RunningCall, cause: unknown): void;
  /** The call's handler counts no more among those that run. */
  leave(call: RunningCall): void;
  /** The call's handler has answered by now. */
  noteLatency(call: RunningCall): void;
  /** Answers a call whose handler has settled. */
  answer(call: RunningCall, output: unknown): void;
  fail(call: RunningCall, thrown: unknown): void;
  /** The call is over, and nothing more is said of it. */
  over(call: RunningCall, failure: RpcError | undefined): void;
}

/** The calls with streams that the peer made. */
export class RunStreams implements RunStreamsOwner {
  /** By their ids, from the read of the request on. */
  readonly calls = new Map<number, RunStream>();
  readonly connection: Connection;
  readonly streaming: StreamParts;
  readonly #runner: Runner;
  /** Streams of those calls. */
  open = 0;

  constructor(connection: Connection, streaming: StreamParts, runner: Runner) {
    this.connection = connection;
    this.streaming = streaming;
    this.#runner = runner;
  }

  /** Takes note of the streams of a call that was read: items of its arguments may be next. Returns why it cannot be run, if so. */
  begin(call: RunningCall, bytes: Buffer, start: number, end: number): RpcError | undefined {
    const { method } = call;
    const { features, limits, budget } = this.#bounds;
    if ((features & Feature.streams) === 0 || call.oneway)
      return new RpcError("unimplemented", `${method.path} has streams, which its caller cannot have here`, {
        reason: "NO_STREAMS",
        processed: "no",
      });
    const places = method.kind === "server" ? [] : placesIn(bytes, start, end);
    if (places === undefined)
      return new RpcError("invalid_argument", `the arguments of ${method.path} do not say which of them are streams`, {
        reason: "MALFORMED",
        processed: "no",
      });
    const streams = places.length + (method.kind === "client" ? 0 : 1);
    if (this.open + streams > limits.streams)
      return tooManyStreams(method.path, `${this.open} of this connection, and limits.streams is ${limits.streams}`);
    // A peer may leave streams faster than what yields them ends: as many may be ending as may be open.
    const ending = this.streaming.endings.running;
    if (ending > 0 && ending >= limits.streams)
      return tooManyStreams(
        method.path,
        `${ending} that this connection has left do not end: do their sources look at the call's signal? limits.streams is ${limits.streams}`,
      );
    if (budget?.take(streams) === false)
      return tooManyStreams(method.path, `${budget.taken} of this server, and its option streams is ${budget.most}`);
    const stream = new RunStream(this, call, places, method.kind === "server" ? 0 : 1 + places.length);
    this.open += streams;
    this.calls.set(call.id, stream);
    this.connection.counters.streams.opened += streams;
    this.streaming.countOpen();
    return undefined;
  }

  /** Runs a call whose turn has come. */
  run(call: RunningCall, invoke: Invoke): void {
    const stream = this.calls.get(call.id)!;
    try {
      call.input = stream.fill(this.#runner.decode(call, stream.prefixBytes));
    } catch (cause) {
      this.#runner.refuseUndecodable(call, cause);
      return;
    }
    stream.begun();
    try {
      invoke(call).then(
        (output) => stream.returned(output),
        (thrown) => stream.threw(thrown),
      );
    } catch (thrown) {
      stream.threw(thrown);
    }
  }

  /** The caller has gone, or the connection is lost. */
  abandon(call: RunningCall, reason: RpcError, lost: boolean): void {
    this.calls.get(call.id)?.abandon(reason, lost);
  }

  /** The connection is gone, and its handlers have been told: what waited for one, or came in part, is over. */
  onClosed(): void {
    for (const stream of this.calls.values()) stream.onGone();
  }

  /** A call is over that was not run, or that is answered. */
  drop(id: number): void {
    this.calls.get(id)?.over();
  }

  opened(call: RunningCall): void {
    this.#runner.answers.opened(call);
    this.#runner.noteLatency(call);
  }

  ended(call: RunningCall): void {
    this.#runner.answers.ended(call);
  }

  answer(call: RunningCall, output: unknown): void {
    this.#runner.answer(call, output);
  }

  fail(call: RunningCall, thrown: unknown): void {
    this.#runner.fail(call, thrown);
  }

  unsendable(call: RunningCall, cause: unknown): void {
    this.#runner.over(call, this.#runner.answers.unencodable(call, cause));
  }

  forget(call: RunningCall, failure: RpcError | undefined): void {
    this.#runner.over(call, failure);
  }

  leave(call: RunningCall): void {
    this.#runner.leave(call);
  }

  onOver(stream: RunStream): void {
    this.calls.delete(stream.call.id);
    this.open -= stream.streams;
    this.connection.streamBudget?.give(stream.streams);
    this.streaming.countOpen();
  }

  get #bounds() {
    const { features, limits, streamBudget } = this.connection;
    return { features, limits, budget: streamBudget };
  }
}

/** Returns the places of those arguments that are streams; undefined where they are none, or out of order. */
function placesIn(bytes: Buffer, start: number, end: number): number[] | undefined {
  if (start === end) return undefined;
  const from = start + 1;
  const to = from + bytes[start]!;
  if (to > end) return undefined;
  const places = [...bytes.subarray(from, to)];
  return places.every((place, index) => index === 0 || place > places[index - 1]!) ? places : undefined;
}
