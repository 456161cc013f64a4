import { type Deadlines, deadlinesOf } from "../clock/deadlines.js";
import { RpcError } from "../contract/errors.js";
import type { Method } from "../contract/method.js";
import { codeOf, encodeFault } from "../wire/fault.js";
import { Fields } from "../wire/fields.js";
import { Flag, Kind, maxFrameBytes } from "../wire/header.js";
import { decodeOpen, encodeOpened, unknownSchema } from "../wire/opening.js";
import { protocolError } from "../wire/protocol-error.js";
import { Assemblies } from "./assembly.js";
import type { Connection } from "./connection.js";
import { diagnostics, type ServerCallEvent } from "./diagnostics.js";
import { faultOf } from "./fault-of.js";
import { GrowingSink } from "./growing-sink.js";
import { logThrown } from "./log-thrown.js";
import { deadlinePassed, RunningCall } from "./running-call.js";
import { RunningCalls } from "./running-calls.js";
import type { Host } from "./session-options.js";

/** The span of a request that names none, and the longest one. */
const maxTimeoutMs = 3_600_000;
/** Methods of a connection: a peer that asks for names at random must not fill the memory with them. */
const maxMethods = 16_384;
const maxDetailsBytes = 8_192;
/** How long handlers may be started in one turn, in ms, and after how many the clock is looked at. */
const startBudgetMs = 5;
const startsPerLook = 16;

/** The calls that the peer made: read, admitted, decoded, started, answered. */
export class Incoming {
  /** The highest id that was read. */
  lastId = 0;
  readonly #connection: Connection;
  readonly #host: Host | undefined;
  readonly #deadlines: Deadlines;
  readonly #fields = new Fields();
  readonly #methods: Method[] = [];
  readonly #opened = new Map<string, number>();
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
    this.#deadlines = deadlinesOf(connection.clock);
    this.#assemblies = new Assemblies(connection.limits, connection.clock);
    this.#onIdle = onIdle;
  }

  /** Calls that were read and have not been answered. */
  get running(): number {
    return this.#running.size;
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
    const methods = this.#host?.open(service, wanted);
    const body = encodeOpened(methods?.map((method) => this.#openMethod(method)));
    if (body.length > maxFrameBytes) throw tooManyMethods();
    this.#connection.outbox.frame(Kind.opened, this.#connection.peerFlag, 0, id, body);
  }

  onRequest(flags: number, target: number, id: number, bytes: Buffer, start: number, end: number): void {
    this.#takeId(id);
    if (this.#refusing !== undefined) return;
    const fields = this.#fields;
    const at = fields.read(flags, bytes, start, end);
    const { peer, readAt } = this.#connection;
    const method = this.#methods[target];
    if (method === undefined) {
      this.#reject(
        id,
        new RpcError("unimplemented", "no method was opened under this index", {
          reason: "NO_METHOD",
          processed: "no",
        }),
      );
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
    const rejection = this.#tooLarge(call) ?? this.#tooMany(method) ?? this.#host?.admit(call);
    if (rejection !== undefined) this.#reject(id, rejection);
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
    for (const call of this.#running.takeAll()) call.abort(reason);
  }

  #takeId(id: number): void {
    if (id <= this.lastId) throw protocolError("ID_REUSED", `id ${id} came after ${this.lastId}: ids only go up`);
    this.lastId = id;
  }

  #openMethod(method: Method): Parameters<typeof encodeOpened>[0] extends readonly (infer M)[] | undefined ? M : never {
    let index = this.#opened.get(method.path);
    if (index === undefined) {
      if (this.#methods.length === maxMethods) throw tooManyMethods();
      index = this.#methods.push(method) - 1;
      this.#opened.set(method.path, index);
    }
    const { name, kind, idempotent } = method;
    return { name, index, kind, idempotent, codecs: [], schemaHash: unknownSchema };
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
      this.#reject(call.id, undecodable(call.method, cause));
      return;
    }
    this.#running.add(call);
    this.#ready.push(call);
  }

  #begin(call: RunningCall, now: number): void {
    if (call.abandoned !== undefined) {
      this.#forget(call);
      return;
    }
    if (call.deadline <= now) {
      this.#forget(call);
      this.#reject(call.id, deadlinePassed(call, "no"));
      return;
    }
    const host = this.#host!;
    const rejection = host.enter();
    if (rejection !== undefined) {
      this.#forget(call);
      this.#reject(call.id, rejection);
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
    if (call.abandoned === undefined) {
      const { outbox, peerFlag } = this.#connection;
      try {
        outbox.begin(Kind.response, call.codec < 0 ? peerFlag : peerFlag | Flag.codec, 0, call.id);
        if (call.codec >= 0) outbox.bytes[outbox.position++] = call.codec;
        outbox.body();
        this.#codecOf(call).encode(output, outbox);
        outbox.end();
      } catch (cause) {
        outbox.rollback();
        this.#sendError(call, this.#unencodable(call, cause));
      }
    }
    this.#forget(call);
  }

  #fail(call: RunningCall, thrown: unknown): void {
    this.#host!.leave();
    call.finish();
    const fault = faultOf(thrown, call.method.path);
    if (diagnostics.serverCall.hasSubscribers) this.#report(call, fault);
    if (call.abandoned === undefined) this.#sendError(call, fault);
    this.#forget(call);
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

  #forget(call: RunningCall): void {
    if (this.#running.delete(call) && this.#running.size === 0) this.#onIdle();
  }

  #sendError(call: RunningCall, error: RpcError): void {
    const { outbox, peerFlag } = this.#connection;
    const details = this.#details(call, error);
    const flags = details === undefined || call.codec < 0 ? peerFlag : peerFlag | Flag.codec;
    const body = encodeFault(error, details);
    outbox.frame(
      Kind.error,
      flags,
      codeOf(error),
      call.id,
      flags === peerFlag ? body : Buffer.concat([Buffer.from([call.codec]), body]),
    );
  }

  /** A detail that cannot travel must not take the error with it. */
  #details(call: RunningCall, error: RpcError): Buffer | undefined {
    if (error.details === undefined) return undefined;
    const sink = new GrowingSink(maxDetailsBytes, "what the error's details hold; their limit is fixed");
    try {
      this.#codecOf(call).encode(error.details, sink);
      return sink.taken();
    } catch (cause) {
      this.#connection.logger.warn("an error's details were left out", {
        method: call.method.path,
        reason: reasonOf(cause),
      });
      return undefined;
    }
  }

  #reject(id: number, error: RpcError): void {
    this.#connection.outbox.frame(Kind.reject, this.#connection.peerFlag, codeOf(error), id, encodeFault(error));
  }

  #codecOf(call: RunningCall): Connection["codec"] {
    return call.codec < 0 ? this.#connection.codec : (this.#connection.codecById(call.codec) ?? this.#connection.codec);
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

  #unencodable(call: RunningCall, cause: unknown): RpcError {
    const path = call.method.path;
    const why = cause instanceof RpcError ? cause.message : "";
    this.#connection.logger.error("an answer cannot be encoded", {
      method: path,
      reason: reasonOf(cause),
      detail: why,
    });
    if (cause instanceof RpcError && cause.reason === "MESSAGE_TOO_LARGE") {
      return new RpcError("resource_exhausted", `the answer of ${path}: ${cause.message}`, { reason: cause.reason });
    }
    return new RpcError("internal", `the answer of ${path} cannot be encoded; its server's log says why`, {
      reason: "ENCODE_FAILED",
    });
  }
}

function tooManyMethods(): RpcError {
  return protocolError(
    "TOO_MANY_METHODS",
    `more methods were opened than fit into a frame, or than the ${maxMethods} of a connection: open what is called, or split the service`,
    "resource_exhausted",
  );
}

function undecodable(method: Method, cause: unknown): RpcError {
  const why = cause instanceof RpcError ? `: ${cause.message}` : "";
  return new RpcError("invalid_argument", `the arguments of ${method.path} cannot be decoded${why}`, {
    reason: cause instanceof RpcError ? cause.reason : "DECODE_FAILED",
    processed: "no",
  });
}

function reasonOf(cause: unknown): string {
  return cause instanceof RpcError ? cause.reason : "THROWN";
}
