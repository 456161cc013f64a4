import type { Expiring } from "../clock/deadlines.js";
import { RpcError } from "../contract/errors.js";
import { Inflow, type InflowOwner } from "../streams/inflow.js";
import { Outflow, type OutflowOwner } from "../streams/outflow.js";
import { StreamIterator } from "../streams/stream-iterator.js";
import type { StreamingCall } from "../streams/streams.js";
import { withoutStack } from "../wire/fault.js";
import { Kind } from "../wire/header.js";
import type { Connection } from "./connection.js";
import { deadlinePassed, type RunningCall } from "./running-call.js";
import { streamIdle } from "./stream-errors.js";
import type { StreamParts } from "./stream-parts.js";

/** What a call with streams asks of those who run it and answer it. */
export interface RunStreamsOwner {
  readonly connection: Connection;
  readonly streaming: StreamParts;
  /** Says that the result is open. Throws where its metadata cannot be sent. */
  opened(call: RunningCall): void;
  /** Says that the result has ended. Throws where its metadata cannot be sent. */
  ended(call: RunningCall): void;
  /** Answers a call that is over with one value, with what its handler threw, or with the error of an item that cannot be sent. */
  answer(call: RunningCall, output: unknown): void;
  fail(call: RunningCall, thrown: unknown): void;
  unsendable(call: RunningCall, cause: unknown): void;
  /** The call is over, and nothing more is said of it; `failure` says how it failed, if it did. */
  forget(call: RunningCall, failure: RpcError | undefined): void;
  /** Its handler counts no more among those that run. */
  leave(call: RunningCall): void;
  /** Its streams are over. */
  onOver(stream: RunStream): void;
}

/** A call with streams that the peer made: it waits for its handler, runs, or is open until its result has ended. */
export class RunStream implements StreamingCall, InflowOwner, OutflowOwner, Expiring {
  readonly call: RunningCall;
  /** Bytes before its encoded arguments. */
  readonly prefixBytes: number;
  moved = false;
  idleSince: number;
  place = -1;
  readonly inflows: (Inflow | undefined)[] = [undefined];
  outflows: (Outflow | undefined)[] = [];
  readonly #owner: RunStreamsOwner;
  readonly #places: readonly number[];
  /** "queued" until its handler runs, "begun" until it has answered by a stream. */
  #state: "queued" | "begun" | "open" | "over" = "queued";
  /** Whether the peer was told that the result is open. */
  #told = false;
  /** Whether its handler still counts among those that run. */
  #running = false;
  /** What looks like a promise may settle twice. */
  #settled = false;

  constructor(owner: RunStreamsOwner, call: RunningCall, places: readonly number[], prefixBytes: number) {
    this.#owner = owner;
    this.call = call;
    this.prefixBytes = prefixBytes;
    this.#places = places;
    this.idleSince = call.startedAt;
    const { connection, streaming } = owner;
    const { windows, unsettled } = streaming.streams;
    const codec = streaming.codecOf(call);
    for (const index of places.keys())
      this.inflows.push(new Inflow(connection, windows, this, codec, index + 1, unsettled));
  }

  get deadline(): number {
    return this.call.deadline;
  }

  /** How many streams it has: its result, unless that is one value, and its arguments. */
  get streams(): number {
    return this.#places.length + (this.call.method.kind === "client" ? 0 : 1);
  }

  /** Puts its streams in their places among the arguments. Throws where the caller left no place for one. */
  fill(input: readonly unknown[]): readonly unknown[] {
    if (this.#places.length === 0) return input;
    const filled = [...input];
    for (const [index, place] of this.#places.entries()) {
      if (place > filled.length)
        throw new RpcError("invalid_argument", "a stream has no place among them", { reason: "MALFORMED" });
      filled[place] = new StreamIterator(this.inflows[index + 1]!);
    }
    return filled;
  }

  /** Its handler has been called. */
  begun(): void {
    this.#state = "begun";
    this.#running = true;
    if (this.call.deadline !== Number.POSITIVE_INFINITY) this.#owner.streaming.deadlines.add(this);
    // A tick asked for by a promise reaction comes when no reaction waits: the handler may have yielded already.
    void Promise.resolve().then(() => this.#owner.connection.clock.atEndOfTurn(() => this.#onTurnEnd()));
  }

  /** Its handler has returned, or its promise was fulfilled. */
  returned(output: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#leave();
    if (this.call.method.kind === "client") {
      if (this.#state !== "begun" || this.call.abandoned !== undefined) {
        this.#settle();
      } else {
        this.over();
        this.#owner.answer(this.call, output);
      }
      return;
    }
    let producer: AsyncIterator<unknown> | undefined;
    try {
      producer = producerOf(output);
    } catch (thrown) {
      this.#threw(thrown);
      return;
    }
    if (this.#state !== "begun" || this.call.abandoned !== undefined) {
      if (producer !== undefined) this.endProducer(producer);
      this.#settle();
    } else if (producer === undefined) {
      this.#fail(notStream(this.call));
    } else {
      this.#send(producer);
    }
  }

  /** Its handler has thrown, or its promise was rejected. */
  threw(thrown: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#threw(thrown);
  }

  #threw(thrown: unknown): void {
    this.#leave();
    if (this.#state === "begun" && this.call.abandoned === undefined) this.#fail(thrown);
    else this.#settle();
  }

  /** Says that its result is open, unless that was said. */
  tell(): void {
    if (this.#told || this.call.method.kind === "client") return;
    this.#owner.opened(this.call);
    this.#told = true;
  }

  /** The caller has gone, or its connection has: what arrived may still be read where the connection was lost. */
  abandon(reason: RpcError, lost: boolean): void {
    if (this.#state === "over") return;
    for (const inflow of this.inflows) {
      if (lost) inflow?.lose(reason);
      else inflow?.abort(reason);
    }
    for (const outflow of this.outflows) outflow?.stop();
    // A handler that has not answered is waited for, as any other.
    if (this.#state === "open") this.#settle();
  }

  /** The connection is gone: where its turn has not come it never will. */
  onGone(): void {
    if (this.#state === "queued") this.over();
  }

  /** It was answered, or nobody waits for it: nothing of it may stay behind. */
  over(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#leave();
    this.#owner.streaming.deadlines.delete(this);
    for (const outflow of this.outflows) outflow?.stop();
    for (const inflow of this.inflows) inflow?.abort(withoutStack(() => answered(this.call)));
    this.call.finish();
    this.#owner.onOver(this);
  }

  /** Called by the table of deadlines. */
  expire(): void {
    this.#cut(deadlinePassed(this.call, "yes"));
  }

  onIdle(): void {
    this.#cut(streamIdle(this.call.method.path, this.#owner.connection.limits.streamIdleMs));
  }

  give(stream: Inflow, bytes: number): void {
    const { connection, streaming } = this.#owner;
    this.moved = true;
    streaming.giveCredit(connection.peerFlag, stream.target, this.call.id, bytes);
  }

  /** The handler wants no more of an argument: its caller is told to send none. */
  onLeft(stream: Inflow): void {
    const { outbox, peerFlag } = this.#owner.connection;
    outbox.frame(Kind.cancel, peerFlag, stream.target, this.call.id);
  }

  broken(stream: Inflow, cause: unknown): RpcError {
    this.onLeft(stream);
    const why = cause instanceof RpcError ? `: ${cause.message}` : "";
    return new RpcError(
      "invalid_argument",
      `an item of a stream among the arguments of ${this.call.method.path} cannot be had${why}`,
      {
        reason: cause instanceof RpcError ? cause.reason : "DECODE_FAILED",
        cause,
      },
    );
  }

  onFirst(): void {
    try {
      this.tell();
    } catch (cause) {
      this.#unsendable(cause);
    }
  }

  onDone(): void {
    try {
      this.tell();
      this.#owner.ended(this.call);
    } catch (cause) {
      this.#unsendable(cause);
      return;
    }
    this.over();
    this.#owner.forget(this.call, undefined);
  }

  /** A generator does not begin before it is asked: one that was not asked in time does not run. */
  mayBegin(): boolean {
    if (this.call.deadline > this.#owner.connection.clock.now()) return true;
    this.expire();
    return false;
  }

  onFailed(_stream: Outflow, thrown: unknown): void {
    this.#fail(thrown);
  }

  onUnsendable(_stream: Outflow, cause: unknown): void {
    this.#unsendable(cause);
  }

  endProducer(producer: AsyncIterator<unknown>): void {
    this.#owner.streaming.endings.end(producer, this.call.method.path);
  }

  #onTurnEnd(): void {
    if (this.#state !== "begun" && this.#state !== "open") return;
    this.#leave();
    try {
      this.tell();
    } catch (cause) {
      this.#unsendable(cause);
    }
  }

  #send(producer: AsyncIterator<unknown>): void {
    this.#state = "open";
    const { connection, streaming } = this.#owner;
    const { call } = this;
    const at = {
      id: call.id,
      target: 0,
      flags: connection.peerFlag,
      creditBytes: connection.peerLimits.streamCreditBytes,
    };
    const outflow = new Outflow(connection, streaming.streams.turns, this, streaming.codecOf(call), producer, at);
    this.outflows = [outflow];
    outflow.start();
  }

  /** It ends here, since its time is up. */
  #cut(error: RpcError): void {
    if (this.#state !== "begun" && this.#state !== "open") return;
    this.idleSince = Number.POSITIVE_INFINITY;
    for (const inflow of this.inflows) inflow?.abort(error);
    this.call.interrupt(error);
    // A handler that has not answered is waited for, as any other: what it answers is sent.
    if (this.#state === "open") this.#fail(error);
  }

  #fail(thrown: unknown): void {
    this.over();
    this.#owner.fail(this.call, thrown);
  }

  #unsendable(cause: unknown): void {
    this.over();
    this.#owner.unsendable(this.call, cause);
  }

  /** Nobody waits for it, and its handler has settled. */
  #settle(): void {
    if (this.#state === "over") return;
    this.over();
    this.#owner.forget(this.call, this.call.abandoned);
  }

  #leave(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#owner.leave(this.call);
  }
}

function producerOf(output: unknown): AsyncIterator<unknown> | undefined {
  const iterable = output as Partial<AsyncIterable<unknown>> | null | undefined;
  return typeof iterable?.[Symbol.asyncIterator] === "function"
    ? (iterable as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    : undefined;
}

function notStream({ method }: RunningCall): RpcError {
  return new RpcError("internal", `the handler of ${method.path} returned no AsyncIterable, which a stream's has to`, {
    reason: "NO_STREAM_RETURNED",
  });
}

function answered({ method }: RunningCall): RpcError {
  return new RpcError("cancelled", `the call of ${method.path} is over, and with it the streams among its arguments`, {
    reason: "CANCELLED",
  });
}
