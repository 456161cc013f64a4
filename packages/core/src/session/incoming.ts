import { type Deadlines, deadlinesOf } from "../clock/deadlines.js";
import { RpcError } from "../contract/errors.js";
import type { Method } from "../contract/method.js";
import type { Refusal } from "../overload/refusals.js";
import type { Source, Startable } from "../overload/waiting.js";
import { TurnLatencies } from "../stats/turn-latencies.js";
import { withoutStack } from "../wire/fault.js";
import { Fields } from "../wire/fields.js";
import { Flag, Kind } from "../wire/header.js";
import { decodeOpen } from "../wire/opening.js";
import { protocolError } from "../wire/protocol-error.js";
import { Answers } from "./answers.js";
import { Assemblies, leastContextBytes, ownedLimits } from "./assembly.js";
import type { Connection } from "./connection.js";
import { diagnostics, type RejectEvent, type ServerCallEvent } from "./diagnostics.js";
import { faultOf } from "./fault-of.js";
import { logThrown, logUnheard } from "./log-thrown.js";
import { OpenedMethods } from "./opened-methods.js";
import type { Runner, RunStreams } from "./run-streams.js";
import { deadlinePassed, RunningCall } from "./running-call.js";
import { RunningCalls } from "./running-calls.js";
import type { Host } from "./session-options.js";

/** The span of a request that names none, and the longest one; of one that streams there is neither. */
const maxTimeoutMs = 3_600_000;
/** A cancel that comes sooner after its request, in ms, tells of one that was never meant. */
const rapidMs = 10;
/** Metadata above so many bytes takes long to read. */
const muchMetadataBytes = 4_096;

/** Made once: a peer that asks for nothing but this must not cost a stack trace each time. */
const notOpened = new RpcError("unimplemented", "no method was opened under this index", {
  reason: "NO_METHOD",
  processed: "no",
});

/** The calls that the peer made: read, admitted, started when the server's queue says so, decoded then, answered. */
export class Incoming implements Source, Runner {
  /** The highest id that was read. */
  lastId = 0;
  readonly #connection: Connection;
  readonly #host: Host | undefined;
  readonly #deadlines: Deadlines;
  readonly #fields = new Fields();
  readonly answers: Answers;
  readonly #methods: OpenedMethods;
  readonly #latencies = new TurnLatencies();
  readonly #running = new RunningCalls();
  readonly #assemblies: Assemblies<RunningCall>;
  /** Calls that the read at hand brought. */
  #read: RunningCall[] = [];
  /** What ended while the peer took nothing of what was said before: not encoded yet. */
  #held: { readonly call: RunningCall; readonly output: unknown }[] = [];
  /** Calls that could not be decoded since the last read. */
  #undecodable = 0;
  /** Calls under way that nobody waits for: oneway ones, and those that were cancelled while their handlers ran. */
  #unawaited = 0;
  /** Handlers that run and that nobody waits for: of oneway calls, and of others since they were cancelled or the connection was lost. */
  #orphans = 0;
  /** Who they are put down to since the connection is gone. */
  #goneOf: string | undefined;
  /** Those that may be without an answer. */
  readonly #inFlight: number;
  readonly #inFlightOption: string;
  #refusing: RpcError | undefined;
  /** The calls with streams; made by the first. */
  readonly #streamsOf: (made: boolean) => RunStreams | undefined;
  readonly #onIdle: () => void;

  /** `streamsOf` returns those that run the calls with streams, made where there are none; `onIdle` is called whenever the last running call has been answered. */
  constructor(
    connection: Connection,
    host: Host | undefined,
    streamsOf: (made: boolean) => RunStreams | undefined,
    onIdle: () => void,
  ) {
    this.#streamsOf = streamsOf;
    this.#connection = connection;
    this.#host = host;
    const { inFlight } = connection.limits;
    this.#inFlight = Math.min(inFlight, host?.inFlight ?? inFlight);
    this.#inFlightOption = this.#inFlight < inFlight ? "serve.inFlight" : "limits.inFlight";
    this.answers = new Answers(connection);
    this.#deadlines = deadlinesOf(connection.clock);
    this.#assemblies = new Assemblies(connection.limits, connection.clock, connection.partials, (call) =>
      this.#turnAway(call, noRoomForParts(call.method)),
    );
    this.#methods = new OpenedMethods(connection.counters.served, (method) => host?.hashOf(method));
    this.#onIdle = onIdle;
  }

  /** Calls that were read and have not been answered. */
  get running(): number {
    return this.#running.size;
  }

  /** Calls of which a part was read. */
  get beginning(): number {
    return this.#assemblies.size;
  }

  /** Lets go of what many calls made large and nothing needs: for connections that fell idle. */
  trim(): void {
    this.#running.trim();
  }

  get assemblies(): { readonly waitingSince: number } {
    return this.#assemblies;
  }

  /** From here on requests are passed over: the peer is told which was the last one. What was not started is rejected. */
  refuse(error: RpcError): void {
    this.#refusing = error;
    this.rejectUnstarted(error);
  }

  /** Rejects what was read and not started, but for oneway calls: nobody would make those elsewhere, so that they wait on. */
  rejectUnstarted(error: RpcError): void {
    const { code, message, reason } = error;
    const notStarted = new RpcError(code, message, { reason, processed: "no" });
    const kept: RunningCall[] = [];
    this.#host?.queue.removeAll(this, (call) => {
      if ((call as RunningCall).oneway) kept.push(call as RunningCall);
      else this.#rejectUnstarted(call as RunningCall, notStarted);
    });
    if (kept.length > 0) this.#host?.queue.take(this, kept, this.#connection.clock.now());
  }

  onOpen(id: number, bytes: Buffer, start: number, end: number): void {
    this.#takeId(id);
    this.#connection.rates.count("opens", this.#connection.readAt);
    const { service, wanted } = decodeOpen(bytes, start, end);
    const body = this.#methods.open(this.#host?.open(service, wanted));
    this.#connection.outbox.frame(Kind.opened, this.#connection.peerFlag, 0, id, body);
  }

  onRequest(flags: number, target: number, id: number, bytes: Buffer, start: number, end: number): void {
    const oneway = (flags & Flag.oneway) !== 0;
    this.#takeId(id);
    if (this.#refusing !== undefined) return;
    if (oneway) this.answers.unheard.add(id);
    const fields = this.#fields;
    const at = fields.read(flags, bytes, start, end);
    const { peer, readAt, arrivedAt, rates } = this.#connection;
    if (at - start > muchMetadataBytes) rates.count("requests with more than 4 KiB of metadata", readAt);
    const method = this.#methods.at(target);
    if (method === undefined) {
      rates.count("requests that no right client makes", readAt);
      this.answers.reject(id, notOpened);
      return;
    }
    const unary = method.kind === "unary";
    const longestMs = unary ? maxTimeoutMs : Number.POSITIVE_INFINITY;
    const timeoutMs = fields.timeLeftMs < 0 ? longestMs : Math.min(fields.timeLeftMs, longestMs);
    const whole = (flags & Flag.more) === 0;
    const call = new RunningCall(
      method,
      arrivedAt,
      fields.metadata,
      arrivedAt + timeoutMs,
      fields.priority,
      fields.attempt,
      fields.nestedRetry,
      peer,
      whole ? end - at : fields.totalBytes,
      id,
      fields.codec,
      this.#deadlines,
      oneway,
    );
    call.counters = this.#methods.countersAt(target);
    const rejection =
      this.#tooLarge(call) ??
      (unary ? this.#tooMany(method) : this.#streamsOf(true)!.begin(call, bytes, at, end)) ??
      this.#host?.admit(call);
    if (rejection !== undefined) this.#turnAway(call, rejection);
    else if (whole) this.#take(call, bytes, at, false);
    else this.#assemble(call, fields.totalBytes, bytes, at, end, leastContextBytes + 2 * (at - start));
  }

  #assemble(
    call: RunningCall,
    totalBytes: number,
    bytes: Buffer,
    start: number,
    end: number,
    contextBytes: number,
  ): void {
    try {
      this.#assemblies.begin(call.id, totalBytes, call, bytes, start, end, contextBytes);
    } catch (error) {
      // It was admitted, and whoever counts it has to learn that it is over.
      call.finish();
      throw error;
    }
  }

  onChunk(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (start === end) this.#connection.rates.count("frames that say nothing", this.#connection.readAt);
    const whole = this.#assemblies.add(id, (flags & Flag.more) === 0, bytes, start, end);
    if (whole !== undefined) this.#take(whole.context, whole.body, 0, true);
    else if (id > this.lastId) throw protocolError("UNKNOWN_ID", "a part came of a message that was never begun");
  }

  onCancel(id: number): void {
    if (id > this.lastId) throw protocolError("UNKNOWN_ID", `a cancel came for call ${id}, which was never made`);
    this.#assemblies.drop(id)?.finish();
    const call = this.#running.get(id);
    if (call === undefined) {
      this.answers.unheard.delete(id);
      this.#streamsOf(false)?.drop(id);
    }
    // It may have been a message in parts that a drain waited for.
    if (this.#running.size === 0) this.#onIdle();
    if (call === undefined || call.abandoned !== undefined) return;
    const { readAt, arrivedAt, rates } = this.#connection;
    // As many as may be under way may also be given up at once.
    if (arrivedAt - call.startedAt < rapidMs)
      rates.count("cancels right behind their requests", readAt, this.#inFlight);
    // A stack of ours tells a handler nothing, and a peer may cancel as fast as it can write.
    const cancelled = withoutStack(
      () => new RpcError("cancelled", "the caller cancelled the call", { reason: "CANCELLED" }),
    );
    if (call.waiting !== undefined) {
      this.answers.unheard.delete(id);
      this.#host!.queue.remove(call.waiting);
      this.#forget(call, cancelled);
    } else {
      if (!call.oneway && call.method.kind === "unary") this.#unawaited++;
      if (!call.oneway && begun(call)) this.#countOrphans(1);
    }
    call.abort(cancelled);
    if (call.method.kind !== "unary") this.#streamsOf(false)?.abandon(call, cancelled, false);
  }

  /** Gives what the read at hand brought to the queue: called when it was parsed whole, so that cancels count. */
  start(): void {
    if (this.#undecodable > 0) {
      const { rates, readAt } = this.#connection;
      const count = this.#undecodable;
      this.#undecodable = 0;
      rates.count("requests that no right client makes", readAt, 0, count);
    }
    const calls = this.#read;
    if (calls.length === 0) return;
    this.#read = [];
    this.#host!.queue.take(this, calls, this.#connection.readAt);
  }

  /** The socket has room for answers again. */
  onRoom(): void {
    this.#host?.queue.unblock(this);
  }

  /** Whether answers wait unencoded. */
  get holding(): boolean {
    return this.#held.length > 0;
  }

  /** Says what waited, as long as the peer takes it. */
  sayHeld(): void {
    if (this.#held.length === 0) return;
    const held = this.#held;
    this.#held = [];
    for (const [index, { call, output }] of held.entries()) {
      if (this.#connection.outbox.overfull) {
        this.#held.push(...held.slice(index));
        return;
      }
      this.#say(call, output);
    }
  }

  /** Tells all handlers that their caller has gone; oneway calls go on where they are spared. */
  abortAll(reason: RpcError, spareOneways = false): void {
    const kept = this.#read.filter(({ oneway }) => oneway);
    this.#host?.queue.removeAll(this, (call) => kept.push(call as RunningCall));
    this.#read = spareOneways ? kept.filter(({ oneway }) => oneway) : [];
    this.#held = [];
    for (const call of this.#assemblies.dropAll()) call.finish();
    for (const call of this.#running.takeAll()) {
      if (call.method.kind !== "unary") this.#streamsOf(false)?.abandon(call, reason, true);
      if (spareOneways && call.oneway && !call.settled) {
        this.#running.add(call);
        continue;
      }
      if (begun(call) && call.abandoned === undefined && !call.oneway) this.#countOrphans(1);
      call.body = undefined;
      call.abort(reason);
      call.counters?.fail(reason);
    }
    this.#streamsOf(false)?.onClosed();
    if (this.#goneOf === undefined && this.#orphans + this.#running.size > 0) {
      this.#goneOf = this.#host!.callerOf(this.#connection.peer);
      this.#host!.queue.orphans.countGone(this.#goneOf, this.#orphans);
    }
    this.start();
  }

  /** What was answered in this turn is on its way. */
  onTurnEnd(): void {
    if (!this.#latencies.empty) this.#latencies.settle(this.#connection.clock.now());
  }

  get blocked(): boolean {
    return this.#connection.outbox.full || this.#held.length > 0 || this.crowding;
  }

  get crowding(): boolean {
    const { queue } = this.#host!;
    if (this.#orphans === 0 && !queue.orphans.anyGone) return false;
    const { peer } = this.#connection;
    const gone = queue.orphans.anyGone ? queue.orphans.ofGone(this.#goneOf ?? this.#host!.callerOf(peer)) : 0;
    const count = this.#goneOf === undefined ? this.#orphans + gone : gone;
    return count > 0 && queue.crowdedBy(count);
  }

  hold(call: Startable): void {
    const held = call as RunningCall;
    if (held.borrowed) copyBody(held);
  }

  turnAway(startable: Startable, refusal: Refusal, retryAfterMs: number): void {
    const call = startable as RunningCall;
    call.settled = true;
    // First, since a drain that waits for it says its last word then.
    this.answers.refuse(call.id, refusal, retryAfterMs);
    this.#forget(call, refusal.error);
    if (diagnostics.serverReject.hasSubscribers) this.#reportReject(call, refusal.error, retryAfterMs);
  }

  begin(call: Startable): void {
    if (call.oneway) this.#countOrphans(1);
    this.#run(call as RunningCall);
  }

  expire(call: Startable): void {
    this.#rejectUnstarted(call as RunningCall, deadlinePassed(call as RunningCall, "no"));
  }

  forget(startable: Startable): void {
    this.#forget(startable as RunningCall, (startable as RunningCall).abandoned);
  }

  #takeId(id: number): void {
    if (id <= this.lastId) throw protocolError("ID_REUSED", `id ${id} came after ${this.lastId}: ids only go up`);
    this.lastId = id;
  }

  #take(call: RunningCall, bytes: Buffer, bodyAt: number, owned: boolean): void {
    if (call.codec >= 0 && this.#connection.codecById(call.codec) === undefined) {
      call.finish();
      throw protocolError("UNKNOWN_CODEC", `a request is in codec ${call.codec}, which was not agreed`);
    }
    call.body = bytes;
    call.bodyAt = bodyAt;
    call.owned = owned;
    if (!owned) {
      // A frame that was cut by the end of a chunk was put together in a buffer that is used again before this turn ends.
      if (bytes === this.#connection.chunk) call.borrowed = true;
      else copyBody(call);
    }
    count(call);
    if (call.oneway || call.method.kind !== "unary") this.#unawaited++;
    this.#running.add(call);
    this.#read.push(call);
  }

  #run(call: RunningCall): void {
    if (call.method.kind !== "unary") {
      this.#streamsOf(false)!.run(call, this.#host!.invoke);
      return;
    }
    try {
      call.input = this.decode(call, 0);
    } catch (cause) {
      this.refuseUndecodable(call, cause);
      return;
    }
    try {
      this.#host!.invoke(call).then(
        (output) => this.#answer(call, output),
        (thrown) => this.#fail(call, thrown),
      );
    } catch (thrown) {
      // An interceptor that throws before it has a promise to reject.
      this.#fail(call, thrown);
    }
  }

  /** Returns the arguments of a call; before them stand so many bytes that are none. */
  decode(call: RunningCall, prefixBytes: number): readonly unknown[] {
    const { limits, codec: usual } = this.#connection;
    const { body, bodyAt } = call;
    call.body = undefined;
    const codec = call.codec < 0 ? usual : this.#connection.codecById(call.codec)!;
    const decoded = codec.decode(
      body!,
      bodyAt + prefixBytes,
      bodyAt + call.sizeBytes,
      call.owned ? ownedLimits(limits) : limits,
    );
    if (codec.single === true) return [decoded];
    if (!Array.isArray(decoded)) throw new RpcError("invalid_argument", "they are not a list", { reason: "MALFORMED" });
    return decoded;
  }

  /** Rejects a call that was started and cannot be decoded. */
  refuseUndecodable(call: RunningCall, cause: unknown): void {
    this.#undecodable++;
    this.leave(call);
    this.#rejectUnstarted(call, undecodable(call.method, cause));
  }

  leave(call: RunningCall): void {
    if (call.oneway || (call.abandoned !== undefined && call.method.kind === "unary")) this.#countOrphans(-1);
    this.#host!.queue.leave(call.method);
  }

  #countOrphans(by: 1 | -1): void {
    this.#orphans += by;
    const { orphans } = this.#host!.queue;
    orphans.count(by);
    if (this.#goneOf !== undefined) orphans.countGone(this.#goneOf, by);
  }

  noteLatency(call: RunningCall): void {
    this.#latencies.note(call.counters!, call.startedAt);
  }

  #answer(call: RunningCall, output: unknown): void {
    if (call.settled) return;
    this.leave(call);
    call.finish();
    this.answer(call, output);
  }

  /** Answers a call whose handler has settled. */
  answer(call: RunningCall, output: unknown): void {
    if (diagnostics.serverCall.hasSubscribers) this.#report(call, undefined);
    const nobodyHears = call.oneway || call.abandoned !== undefined;
    if (!nobodyHears && this.#connection.outbox.overfull) this.#held.push({ call, output });
    else this.#say(call, output);
  }

  #say(call: RunningCall, output: unknown): void {
    let failure = call.abandoned;
    if (failure === undefined) {
      failure = this.answers.output(call, output);
      this.noteLatency(call);
    }
    this.#forget(call, failure);
  }

  #fail(call: RunningCall, thrown: unknown): void {
    // An interceptor may return what only looks like a promise, and settles twice: its place is given back once.
    if (call.settled) return;
    this.leave(call);
    call.finish();
    this.fail(call, thrown);
  }

  /** Answers a call whose handler has settled with what it threw. */
  fail(call: RunningCall, thrown: unknown): void {
    const fault = faultOf(thrown, call.method.path, this.#connection.errors);
    if (diagnostics.serverCall.hasSubscribers) this.#report(call, fault);
    if (call.abandoned === undefined) {
      this.answers.error(call, fault);
      this.noteLatency(call);
    }
    this.#forget(call, call.abandoned ?? fault);
    if (call.oneway) logUnheard(this.#connection.logger, call.method.path, thrown);
    else logThrown(this.#connection.logger, call.method.path, thrown);
  }

  /** A call with streams is over, and nothing more is said of it. */
  over(call: RunningCall, failure: RpcError | undefined): void {
    if (diagnostics.serverCall.hasSubscribers) this.#report(call, failure);
    this.#forget(call, failure);
  }

  #report(call: RunningCall, fault: RpcError | undefined): void {
    const event: ServerCallEvent = {
      path: call.method.path,
      code: fault?.code ?? "ok",
      reason: fault?.reason,
      durationMs: this.#connection.clock.now() - call.startedAt,
      peer: call.peer.address,
    };
    diagnostics.serverCall.publish(event);
  }

  /** The call is over; `failure` says how it failed, if it did. What the end of the connection took out has been counted. */
  #forget(call: RunningCall, failure: RpcError | undefined): void {
    // One that is turned away is taken out by who would have told its caller.
    if (call.oneway && (call.settled || call.abandoned !== undefined)) this.answers.unheard.delete(call.id);
    const unary = call.method.kind === "unary";
    if (!unary) this.#streamsOf(false)?.drop(call.id);
    // Whoever keeps the call, a limit of callers say, must not keep what it came with.
    call.body = undefined;
    if (!this.#running.delete(call)) return;
    if (call.abandoned !== undefined || call.oneway || !unary) this.#unawaited--;
    if (failure === undefined) call.counters!.settled++;
    else call.counters!.fail(failure);
    if (this.#running.size === 0) this.#onIdle();
  }

  /** Rejects a call that was never taken. */
  #turnAway(call: RunningCall, rejection: RpcError): void {
    count(call);
    call.counters!.fail(rejection);
    call.settled = true;
    if (call.method.kind !== "unary") this.#streamsOf(false)?.drop(call.id);
    this.#reject(call, rejection);
  }

  #reject(call: RunningCall, rejection: RpcError): void {
    this.answers.reject(call.id, rejection);
    if (diagnostics.serverReject.hasSubscribers) this.#reportReject(call, rejection, rejection.retryAfterMs);
  }

  #reportReject(call: RunningCall, { code, reason }: RpcError, retryAfterMs: number | undefined): void {
    const waitedMs = this.#connection.clock.now() - call.startedAt;
    const { path } = call.method;
    const event: RejectEvent = { path, code, reason, retryAfterMs, waitedMs, peer: call.peer.address };
    diagnostics.serverReject.publish(event);
  }

  #rejectUnstarted(call: RunningCall, error: RpcError): void {
    call.settled = true;
    this.#reject(call, error);
    this.#forget(call, error);
  }

  #tooLarge({ method, sizeBytes }: RunningCall): RpcError | undefined {
    const { messageBytes } = this.#connection.limits;
    if (sizeBytes <= messageBytes) return undefined;
    const message = `the arguments of ${method.path} have ${sizeBytes} bytes, above limits.messageBytes ${messageBytes}`;
    return new RpcError("resource_exhausted", message, { reason: "MESSAGE_TOO_LARGE", processed: "no" });
  }

  /** Who cancels may call again, whatever the handler does: it counts its own calls, and cannot see ours. */
  #tooMany(method: Method): RpcError | undefined {
    const unanswered = this.#running.size - this.#unawaited;
    if (unanswered < this.#inFlight) return undefined;
    this.#connection.rates.count("requests that no right client makes", this.#connection.readAt);
    const message = `${method.path}: ${unanswered} calls of this connection have no answer yet, and ${this.#inFlightOption} is ${this.#inFlight}`;
    return new RpcError("resource_exhausted", message, { reason: "IN_FLIGHT_LIMIT", processed: "no" });
  }
}

/** Whether a call's handler runs; of one that streams its opening is all that takes a place. */
function begun({ method, body, settled }: RunningCall): boolean {
  return method.kind === "unary" && body === undefined && !settled;
}

function count({ counters, attempt }: RunningCall): void {
  counters!.calls++;
  if (attempt > 1) counters!.retries++;
}

function copyBody(call: RunningCall): void {
  call.body = Buffer.from(call.body!.subarray(call.bodyAt, call.bodyAt + call.sizeBytes));
  call.bodyAt = 0;
  call.borrowed = false;
}

function undecodable(method: Method, cause: unknown): RpcError {
  const why = cause instanceof RpcError ? `: ${cause.message}` : "";
  return new RpcError("invalid_argument", `the arguments of ${method.path} cannot be decoded${why}`, {
    reason: cause instanceof RpcError ? cause.reason : "DECODE_FAILED",
    processed: "no",
  });
}

function noRoomForParts(method: Method): RpcError {
  const message = `${method.path}: this server has no room for all messages in parts (partialBytes), and this one came slowest, or last: try again later`;
  return new RpcError("resource_exhausted", message, { reason: "PARTIAL_LIMIT", processed: "no" });
}
