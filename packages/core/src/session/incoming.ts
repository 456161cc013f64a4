import { type Deadlines, deadlinesOf } from "../clock/deadlines.js";
import { RpcError } from "../contract/errors.js";
import type { Method } from "../contract/method.js";
import { TurnLatencies } from "../stats/turn-latencies.js";
import { Fields } from "../wire/fields.js";
import { Flag, Kind } from "../wire/header.js";
import { decodeOpen } from "../wire/opening.js";
import { protocolError } from "../wire/protocol-error.js";
import { Answers } from "./answers.js";
import { Assemblies } from "./assembly.js";
import type { Connection } from "./connection.js";
import { diagnostics, type RejectEvent, type ServerCallEvent } from "./diagnostics.js";
import { faultOf } from "./fault-of.js";
import { logThrown } from "./log-thrown.js";
import { OpenedMethods } from "./opened-methods.js";
import { deadlinePassed, RunningCall } from "./running-call.js";
import { RunningCalls } from "./running-calls.js";
import type { Host } from "./session-options.js";

/** The span of a request that names none, and the longest one. */
const maxTimeoutMs = 3_600_000;
/** How long handlers may be started in one turn, in ms, and after how many the clock is looked at. */
const startBudgetMs = 5;
const startsPerLook = 16;

/** Made once: a peer that asks for nothing but this must not cost a stack trace each time. */
const notOpened = new RpcError("unimplemented", "no method was opened under this index", {
  reason: "NO_METHOD",
  processed: "no",
});

/** The calls that the peer made: read, admitted, decoded, started, answered. */
export class Incoming {
  /** The highest id that was read. */
  lastId = 0;
  readonly #connection: Connection;
  readonly #host: Host | undefined;
  readonly #deadlines: Deadlines;
  readonly #fields = new Fields();
  readonly #answers: Answers;
  readonly #methods: OpenedMethods;
  readonly #latencies = new TurnLatencies();
  readonly #running = new RunningCalls();
  readonly #assemblies: Assemblies<RunningCall>;
  /** Calls that were read and not begun. */
  #ready: RunningCall[] = [];
  #startScheduled = false;
  #refusing: RpcError | undefined;
  readonly #onIdle: () => void;

  /** `onIdle` is called whenever the last running call has been answered. */
  constructor(connection: Connection, host: Host | undefined, onIdle: () => void) {
    this.#connection = connection;
    this.#host = host;
    this.#answers = new Answers(connection);
    this.#deadlines = deadlinesOf(connection.clock);
    this.#assemblies = new Assemblies(connection.limits, connection.clock);
    this.#methods = new OpenedMethods(connection.counters.served);
    this.#onIdle = onIdle;
  }

  /** Calls that were read and have not been answered. */
  get running(): number {
    return this.#running.size;
  }

  /** Lets go of what many calls made large and nothing needs: for connections that fell idle. */
  trim(): void {
    this.#running.trim();
  }

  get assemblies(): { readonly waitingSince: number } {
    return this.#assemblies;
  }

  /** From here on requests are passed over: the peer has been told which was the last one. */
  refuse(error: RpcError): void {
    this.#refusing = error;
  }

  onOpen(id: number, bytes: Buffer, start: number, end: number): void {
    this.#takeId(id);
    const { service, wanted } = decodeOpen(bytes, start, end);
    const body = this.#methods.open(this.#host?.open(service, wanted));
    this.#connection.outbox.frame(Kind.opened, this.#connection.peerFlag, 0, id, body);
  }

  onRequest(flags: number, target: number, id: number, bytes: Buffer, start: number, end: number): void {
    this.#takeId(id);
    if (this.#refusing !== undefined) return;
    const fields = this.#fields;
    const at = fields.read(flags, bytes, start, end);
    const { peer, readAt } = this.#connection;
    const method = this.#methods.at(target);
    if (method === undefined) {
      this.#answers.reject(id, notOpened);
      return;
    }
    const timeoutMs = fields.timeLeftMs < 0 ? maxTimeoutMs : Math.min(fields.timeLeftMs, maxTimeoutMs);
    const whole = (flags & Flag.more) === 0;
    const call = new RunningCall(
      method,
      readAt,
      fields.metadata,
      readAt + timeoutMs,
      fields.priority,
      fields.attempt,
      fields.nestedRetry,
      peer,
      whole ? end - at : fields.totalBytes,
      id,
      fields.codec,
      this.#deadlines,
    );
    call.counters = this.#methods.countersAt(target);
    const rejection = this.#tooLarge(call) ?? this.#tooMany(method) ?? this.#host?.admit(call);
    if (rejection !== undefined) this.#turnAway(call, rejection);
    else if (whole) this.#take(call, bytes, at, end);
    else this.#assemblies.begin(id, fields.totalBytes, call, bytes, at, end);
  }

  onChunk(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    const whole = this.#assemblies.add(id, (flags & Flag.more) === 0, bytes, start, end);
    if (whole !== undefined) this.#take(whole.context, whole.body, 0, whole.body.length);
    else if (id > this.lastId) throw protocolError("UNKNOWN_ID", "a part came of a message that was never begun");
  }

  onCancel(id: number): void {
    if (id > this.lastId) throw protocolError("UNKNOWN_ID", `a cancel came for call ${id}, which was never made`);
    this.#assemblies.drop(id);
    const call = this.#running.get(id);
    call?.abort(new RpcError("cancelled", "the caller cancelled the call", { reason: "CANCELLED" }));
  }

  /** Starts what the read at hand brought: called when it was parsed whole, so that cancels count. */
  start(): void {
    const { clock, outbox } = this.#connection;
    if (this.#ready.length === 0 || this.#startScheduled || outbox.full) return;
    const ready = this.#ready;
    this.#ready = [];
    let now = clock.now();
    const until = now + startBudgetMs;
    let index = 0;
    for (; index < ready.length; index++) {
      if (index > 0 && index % startsPerLook === 0) {
        now = clock.now();
        if (now >= until || outbox.full) break;
      }
      this.#begin(ready[index]!, now);
    }
    if (index === ready.length) return;
    this.#ready = ready.slice(index).concat(this.#ready);
    if (outbox.full) return;
    this.#startScheduled = true;
    clock.afterReads(() => {
      this.#startScheduled = false;
      this.start();
    });
  }

  /** Tells all handlers that their caller has gone. */
  abortAll(reason: RpcError): void {
    this.#ready = [];
    for (const call of this.#running.takeAll()) {
      call.abort(reason);
      call.counters?.fail(reason);
    }
  }

  /** What was answered in this turn is on its way. */
  onTurnEnd(): void {
    if (!this.#latencies.empty) this.#latencies.settle(this.#connection.clock.now());
  }

  #takeId(id: number): void {
    if (id <= this.lastId) throw protocolError("ID_REUSED", `id ${id} came after ${this.lastId}: ids only go up`);
    this.lastId = id;
  }

  #take(call: RunningCall, bytes: Buffer, start: number, end: number): void {
    const { limits, codec: usual } = this.#connection;
    const codec = call.codec < 0 ? usual : this.#connection.codecById(call.codec);
    if (codec === undefined) {
      throw protocolError("UNKNOWN_CODEC", `a request is in codec ${call.codec}, which was not agreed`);
    }
    try {
      const decoded = codec.decode(bytes, start, end, limits);
      const input = codec.single === true ? [decoded] : decoded;
      if (!Array.isArray(input)) throw new RpcError("invalid_argument", "they are not a list", { reason: "MALFORMED" });
      call.input = input;
    } catch (cause) {
      this.#turnAway(call, undecodable(call.method, cause));
      return;
    }
    count(call);
    this.#running.add(call);
    this.#ready.push(call);
  }

  #begin(call: RunningCall, now: number): void {
    if (call.abandoned !== undefined) {
      this.#forget(call, call.abandoned);
      return;
    }
    const host = this.#host!;
    const rejection = call.deadline <= now ? deadlinePassed(call, "no") : host.enter();
    if (rejection !== undefined) {
      this.#forget(call, rejection);
      this.#reject(call, rejection);
      return;
    }
    try {
      host.invoke(call).then(
        (output) => this.#answer(call, output),
        (thrown) => this.#fail(call, thrown),
      );
    } catch (thrown) {
      // An interceptor that throws before it has a promise to reject.
      this.#fail(call, thrown);
    }
  }

  #answer(call: RunningCall, output: unknown): void {
    this.#host!.leave();
    call.finish();
    if (diagnostics.serverCall.hasSubscribers) this.#report(call, undefined);
    let failure = call.abandoned;
    if (failure === undefined) {
      failure = this.#answers.output(call, output);
      this.#latencies.note(call.counters!, call.startedAt);
    }
    this.#forget(call, failure);
  }

  #fail(call: RunningCall, thrown: unknown): void {
    this.#host!.leave();
    call.finish();
    const fault = faultOf(thrown, call.method.path);
    if (diagnostics.serverCall.hasSubscribers) this.#report(call, fault);
    if (call.abandoned === undefined) {
      this.#answers.error(call, fault);
      this.#latencies.note(call.counters!, call.startedAt);
    }
    this.#forget(call, call.abandoned ?? fault);
    logThrown(this.#connection.logger, call.method.path, thrown);
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
    if (!this.#running.delete(call)) return;
    if (failure === undefined) call.counters!.settled++;
    else call.counters!.fail(failure);
    if (this.#running.size === 0) this.#onIdle();
  }

  /** Rejects a call that was never taken. */
  #turnAway(call: RunningCall, rejection: RpcError): void {
    count(call);
    call.counters!.fail(rejection);
    this.#reject(call, rejection);
  }

  #reject(call: RunningCall, rejection: RpcError): void {
    this.#answers.reject(call.id, rejection);
    if (!diagnostics.serverReject.hasSubscribers) return;
    const { code, reason, retryAfterMs } = rejection;
    const waitedMs = this.#connection.clock.now() - call.startedAt;
    const { path } = call.method;
    const event: RejectEvent = { path, code, reason, retryAfterMs, waitedMs, peer: call.peer.address };
    diagnostics.serverReject.publish(event);
  }

  #tooLarge({ method, sizeBytes }: RunningCall): RpcError | undefined {
    const { messageBytes } = this.#connection.limits;
    if (sizeBytes <= messageBytes) return undefined;
    const message = `the arguments of ${method.path} have ${sizeBytes} bytes, above limits.messageBytes ${messageBytes}`;
    return new RpcError("resource_exhausted", message, { reason: "MESSAGE_TOO_LARGE", processed: "no" });
  }

  #tooMany(method: Method): RpcError | undefined {
    if (this.#running.size < this.#connection.limits.inFlight) return undefined;
    const message = `${method.path}: ${this.#running.size} calls of this connection have no answer yet, the limit is limits.inFlight`;
    return new RpcError("resource_exhausted", message, { reason: "IN_FLIGHT_LIMIT", processed: "no" });
  }
}

function count({ counters, attempt }: RunningCall): void {
  counters!.calls++;
  if (attempt > 1) counters!.retries++;
}

function undecodable(method: Method, cause: unknown): RpcError {
  const why = cause instanceof RpcError ? `: ${cause.message}` : "";
  return new RpcError("invalid_argument", `the arguments of ${method.path} cannot be decoded${why}`, {
    reason: cause instanceof RpcError ? cause.reason : "DECODE_FAILED",
    processed: "no",
  });
}
