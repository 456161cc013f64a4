import { tickerOf } from "../clock/ticker.js";
import type { Call, Peer } from "../contract/call.js";
import type { Codec } from "../contract/codec.js";
import { RpcError } from "../contract/errors.js";
import type { ServiceDescriptor } from "../contract/method.js";
import { codeOf, decodeFault, encodeFault } from "../wire/fault.js";
import { FrameReader } from "../wire/frame-reader.js";
import { Flag, Kind, maxFrameBytes } from "../wire/header.js";
import { decodeHello, encodeHello, type PeerLimits } from "../wire/hello.js";
import { decodeOpened, encodeOpen, type OpenedMethod } from "../wire/opening.js";
import { Outbox } from "../wire/outbox.js";
import { protocolError } from "../wire/protocol-error.js";
import type { Connection } from "./connection.js";
import { type ConnectionEvent, diagnostics } from "./diagnostics.js";
import { ruleFor, type SessionState } from "./frame-rules.js";
import { agree, helloOf } from "./handshake.js";
import { Incoming } from "./incoming.js";
import { Outgoing } from "./outgoing.js";
import type { Tracker } from "./pending-call.js";
import { type RemoteMethod, type RemoteService, remoteService } from "./remote-service.js";
import type { SessionOptions } from "./session-options.js";

/** Silence after which an idle peer is asked whether it is there, and one that owes an answer; and how long it may take to say so. */
const idlePingMs = 30_000;
const busyPingMs = 5_000;
const pongMs = 5_000;
/** How long the last frame has to leave before the socket is torn down. */
const lingerMs = 1_000;
const noLimits: PeerLimits = {
  messageBytes: 0,
  inFlight: 0,
  partialBytes: 0,
  streams: 0,
  streamCreditBytes: 0,
  connectionCreditBytes: 0,
};

/** A service that is being opened. */
interface Opening {
  readonly resolve: (methods: readonly OpenedMethod[] | undefined) => void;
  readonly reject: (error: RpcError) => void;
}

/**
 * One connection, seen from either end: frames, calls we made, calls we run, liveness, drain. It lives as long as its
 * socket: opening → ready → retired → closed, never back.
 */
export class Session implements Connection {
  readonly clock;
  readonly limits;
  readonly logger;
  readonly outbox: Outbox;
  readonly ownFlag: number;
  readonly peerFlag: number;
  peer: Peer;
  peerLimits: PeerLimits = noLimits;
  codec: Codec;
  readAt = 0;
  readonly #options: SessionOptions;
  readonly #reader = new FrameReader(this);
  readonly #outgoing: Outgoing;
  readonly #incoming: Incoming;
  readonly #openings = new Map<number, Opening>();
  readonly #openedAt: number;
  #state: SessionState = "opening";
  #pingedAt = 0;
  /** Ids of the codecs that both sides know, the connection's first. */
  #codecIds: readonly number[] = [];
  #closeError: RpcError | undefined;
  #closing = false;
  /** The dialler closes a drained connection, once its last call is settled. */
  #endWhenIdle = false;
  #onDrained: (() => void) | undefined;
  #onPong: (() => void)[] = [];

  constructor(options: SessionOptions) {
    const { clock, limits, logger, stream, role } = options;
    this.#options = options;
    this.clock = clock;
    this.limits = limits;
    this.logger = logger;
    this.peer = { address: options.address, instance: "" };
    this.codec = options.codecs[0]!;
    this.ownFlag = role === "acceptor" ? Flag.acceptor : 0;
    this.peerFlag = role === "acceptor" ? 0 : Flag.acceptor;
    this.outbox = new Outbox({ stream, clock, highWaterBytes: limits.highWaterBytes, onRoom: () => this.#onRoom() });
    this.#outgoing = new Outgoing(this, options.whenFull, () => this.#onIdle());
    this.#incoming = new Incoming(this, options.host, () => this.#onIdle());
    this.#openedAt = this.readAt = clock.now();
    stream.on("data", (chunk: Buffer) => this.#read(chunk));
    stream.on("end", () => this.#lost("the peer closed the connection"));
    stream.on("error", (cause: Error) => this.#lost("the connection broke", cause));
    stream.on("close", () => {
      this.#lost("the connection was closed");
      this.outbox.close();
    });
    tickerOf(clock).add(this);
    if (role === "dialler") this.#sayHello(Kind.hello, helloOf(options));
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Calls made or run here that have not been answered. */
  get pending(): number {
    return this.#outgoing.pending + this.#incoming.running;
  }

  codecById(id: number): Codec | undefined {
    return this.#codecIds.includes(id) ? this.#options.codecs.find((codec) => codec.id === id) : undefined;
  }

  /** Sends a call. Settles with its answer. Rejects with `unavailable`, processed "no", once the session takes no more calls. */
  send(call: Call, remote: RemoteMethod, tracker: Tracker | undefined): Promise<unknown> {
    if (this.#state !== "ready") {
      const error = new RpcError("unavailable", `the connection to ${this.peer.address} takes no more calls`, {
        reason: this.#state === "retired" ? "DRAINING" : "CONNECTION_LOST",
        processed: "no",
        endpoint: this.peer.address,
      });
      tracker?.onSettled(-1, error);
      return Promise.reject(error);
    }
    return this.#outgoing.send(call, remote, tracker);
  }

  /** Opens a service. Resolves to undefined where the peer has none of that name. */
  async open(service: ServiceDescriptor): Promise<RemoteService | undefined> {
    if (this.#state === "closed") throw this.#closeError ?? connectionLost(this.peer.address, "it is closed");
    const wanted = service.methods.map(({ name }) => name);
    const request = encodeOpen({ service: service.name, wanted });
    if (request.length > maxFrameBytes) throw tooManyNames(service.name, request.length);
    const id = this.#outgoing.nextId();
    const opened = await new Promise<readonly OpenedMethod[] | undefined>((resolve, reject) => {
      this.#openings.set(id, { resolve, reject });
      this.outbox.frame(Kind.open, this.ownFlag, 0, id, request);
    });
    return opened && remoteService(service, opened, this.#codecIds);
  }

  /**
   * Ends the connection gently: nothing new is begun, what was begun is finished. An acceptor tells its peer, which
   * closes first; a dialler closes once its own calls are settled. Resolves when the connection is closed.
   */
  drain(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#state === "closed") return resolve();
      const before = this.#onDrained;
      this.#onDrained = () => {
        before?.();
        resolve();
      };
      if (before !== undefined) return;
      if (this.#state === "opening") this.close(connectionLost(this.peer.address, "it was not needed any more"));
      else if (this.#options.role === "acceptor") this.#announceDrain();
      else {
        this.#retire();
        this.#endWhenIdle = true;
        this.#onIdle();
      }
    });
  }

  /** Ends the connection now. Calls settle; the peer is told why in a last frame. */
  close(error: RpcError): void {
    if (this.#closing || this.#state === "closed") return;
    this.#closing = true;
    const { stream } = this.#options;
    // Who does not speak the protocol is told nothing.
    const told = this.#reader.recognised;
    this.#settleAll(error);
    if (told && !stream.destroyed && stream.writable) {
      this.outbox.preface();
      this.outbox.frame(Kind.close, 0, codeOf(error), 0, encodeFault(error));
      this.outbox.finish();
      // Reading goes on, so that unread input does not turn the end into a reset that overtakes the last frame.
      this.clock.setTimer(() => stream.destroy(), lingerMs).unref();
    } else {
      stream.destroy();
    }
    this.#finish(error);
  }

  /** Asks whether time has run out on anything. */
  tick(now: number): void {
    if (this.#state === "opening") {
      if (now - this.#openedAt >= this.limits.helloMs) {
        this.close(
          connectionLost(this.peer.address, `it did not say hello within ${this.limits.helloMs} ms`, "HELLO_TIMEOUT"),
        );
      }
      return;
    }
    const partialSince = Math.min(this.#outgoing.assemblies.waitingSince, this.#incoming.assemblies.waitingSince);
    if (
      now - partialSince >= this.limits.partialMs ||
      (this.#reader.heldBytes > 0 && now - this.readAt >= this.limits.partialMs)
    ) {
      this.close(protocolError("PARTIAL_TIMEOUT", "a message was begun and did not go on", "deadline_exceeded"));
      return;
    }
    const silentMs = now - this.readAt;
    if (this.#pingedAt > 0) {
      if (now - this.#pingedAt >= pongMs)
        this.close(connectionLost(this.peer.address, `it has not answered for ${Math.round(silentMs)} ms`));
    } else if (silentMs >= (this.#outgoing.pending + this.#openings.size > 0 ? busyPingMs : idlePingMs)) {
      this.#pingedAt = now;
      this.#ping();
    }
    if (silentMs > busyPingMs) this.#reader.trim();
    if (this.#state === "ready" && this.#outgoing.nearlyExhausted) void this.drain();
  }

  frame(kind: number, flags: number, target: number, id: number, bytes: Buffer, start: number, end: number): void {
    const rule = ruleFor(this.#state, this.#options.role, kind);
    if (rule !== "take") {
      if (rule === "end") throw protocolError("UNEXPECTED_FRAME", `a frame of kind ${kind} came while ${this.#state}`);
      return;
    }
    switch (kind) {
      case Kind.response:
      case Kind.error:
      case Kind.reject:
        this.#checkInitiator(flags, this.ownFlag);
        this.#outgoing.onAnswer(kind, flags, target, id, bytes, start, end);
        return;
      case Kind.request:
        this.#checkInitiator(flags, this.peerFlag);
        this.#incoming.onRequest(flags, target, id, bytes, start, end);
        return;
      case Kind.chunk:
        if ((flags & Flag.acceptor) === this.ownFlag) this.#outgoing.onChunk(flags, id, bytes, start, end);
        else this.#incoming.onChunk(flags, id, bytes, start, end);
        return;
      case Kind.cancel:
        this.#checkInitiator(flags, this.peerFlag);
        this.#incoming.onCancel(id);
        return;
      case Kind.open:
        this.#checkInitiator(flags, this.peerFlag);
        this.#incoming.onOpen(id, bytes, start, end);
        return;
      case Kind.opened:
        this.#checkInitiator(flags, this.ownFlag);
        this.#onOpened(id, bytes, start, end);
        return;
      default:
        this.#onConnectionFrame(kind, target, id, bytes, start, end);
    }
  }

  #onConnectionFrame(kind: number, target: number, id: number, bytes: Buffer, start: number, end: number): void {
    switch (kind) {
      case Kind.ping:
        this.outbox.frame(Kind.pong, 0, 0, 0, Buffer.from(bytes.subarray(start, Math.min(end, start + 8))));
        return;
      case Kind.pong:
        for (const heard of this.#onPong.splice(0)) heard();
        return;
      case Kind.hello:
      case Kind.welcome:
        this.#onHello(kind, bytes, start, end);
        return;
      case Kind.drain:
        this.#onDrain(target === 1, id);
        return;
      case Kind.close: {
        const { error } = decodeFault(target, bytes, start, end, this.peer.address);
        this.#closing = true;
        this.#settleAll(error);
        this.#finish(error);
        this.#options.stream.destroy();
      }
    }
  }

  #read(chunk: Buffer): void {
    if (this.#state === "closed") return;
    this.readAt = this.clock.now();
    this.#pingedAt = 0;
    try {
      this.#reader.push(chunk);
      this.#incoming.start();
    } catch (cause) {
      this.close(
        cause instanceof RpcError
          ? cause
          : new RpcError("internal", "reading the connection failed", { cause, processed: "maybe" }),
      );
    }
  }

  #sayHello(kind: number, hello: Parameters<typeof encodeHello>[0]): void {
    this.outbox.preface();
    this.outbox.frame(kind, 0, 0, 0, encodeHello(hello));
  }

  #onHello(kind: number, bytes: Buffer, start: number, end: number): void {
    const hello = decodeHello(bytes, start, end);
    const agreed = agree(hello, this.#options);
    if (kind === Kind.hello) {
      this.outbox.preface();
      if (agreed instanceof RpcError) throw agreed;
      this.outbox.frame(Kind.welcome, 0, 0, 0, encodeHello(helloOf(this.#options, agreed.codecIds)));
    } else if (agreed instanceof RpcError) {
      throw agreed;
    }
    this.#codecIds = agreed.codecIds;
    this.codec = agreed.codec;
    this.peer = { address: this.#options.address, instance: hello.instance };
    this.peerLimits = hello.limits;
    this.outbox.messageBytes = Math.min(hello.limits.messageBytes, this.limits.messageBytes);
    this.outbox.partialBytes = hello.limits.partialBytes;
    this.#state = "ready";
    this.#report(diagnostics.connectionReady, undefined);
    this.#options.listener.onReady(this);
  }

  #onOpened(id: number, bytes: Buffer, start: number, end: number): void {
    const opening = this.#openings.get(id);
    if (opening === undefined) throw protocolError("UNKNOWN_ID", "a service was opened that nobody asked for");
    this.#openings.delete(id);
    opening.resolve(decodeOpened(bytes, start, end));
  }

  #onDrain(final: boolean, lastId: number): void {
    this.#retire();
    if (!final) return;
    this.#outgoing.onFinalDrain(lastId);
    this.#endWhenIdle = true;
    this.#onIdle();
  }

  /** Advisory first; the final frame only when the peer has seen it, so that what it sent before is not lost. */
  #announceDrain(): void {
    this.#retire();
    this.outbox.frame(Kind.drain, 0, 0, 0);
    let said = false;
    const sayFinal = (): void => {
      if (said || this.#state === "closed") return;
      said = true;
      patience.cancel();
      this.outbox.frame(Kind.drain, 0, 1, this.#incoming.lastId);
      this.#incoming.refuse(connectionLost(this.peer.address, "it is shutting down", "DRAINING"));
    };
    const patience = this.clock.setTimer(sayFinal, lingerMs);
    const drained = this.#onDrained;
    this.#onDrained = () => {
      // Nobody awaits it any more: it must not keep the process alive.
      patience.cancel();
      drained?.();
    };
    this.#onPong.push(sayFinal);
    this.#ping();
  }

  #ping(): void {
    this.outbox.frame(Kind.ping, 0, 0, 0);
  }

  #retire(): void {
    if (this.#state !== "ready") return;
    this.#state = "retired";
    this.#options.listener.onRetired();
  }

  #onRoom(): void {
    this.#outgoing.pump();
    this.#incoming.start();
    this.#onIdle();
  }

  /** Called when something ended that a drain may have waited for. */
  #onIdle(): void {
    if (!this.#endWhenIdle || this.#closing || this.pending > 0) return;
    this.#endWhenIdle = false;
    this.outbox.finish();
    // Nobody is owed anything any more: a peer that does not answer the end must not hold up who closes.
    this.clock.setTimer(() => this.#lost("the peer did not answer the end"), lingerMs).unref();
  }

  #checkInitiator(flags: number, expected: number): void {
    if ((flags & Flag.acceptor) !== expected)
      throw protocolError("WRONG_INITIATOR", "a frame says that the other side gave its id out");
  }

  #lost(why: string, cause?: Error): void {
    if (this.#state === "closed") return;
    const error =
      this.#reader.recognised || this.#options.role === "acceptor"
        ? connectionLost(this.peer.address, why, "CONNECTION_LOST", cause)
        : notReady(this.peer.address, why, cause);
    this.#settleAll(error);
    this.#finish(error);
    this.#options.stream.destroy();
  }

  #report(channel: (typeof diagnostics)["connectionReady"], reason: string | undefined): void {
    if (!channel.hasSubscribers) return;
    const event: ConnectionEvent = {
      role: this.#options.role,
      address: this.peer.address,
      instance: this.peer.instance,
      reason,
    };
    channel.publish(event);
  }

  #settleAll(error: RpcError): void {
    this.#retire();
    this.#reader.stop();
    this.#outgoing.onClosed(error);
    for (const { reject } of this.#openings.values()) reject(error);
    this.#openings.clear();
    this.#incoming.abortAll(error);
  }

  #finish(error: RpcError): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#closeError = error;
    tickerOf(this.clock).delete(this);
    this.#report(diagnostics.connectionClosed, error.reason);
    this.#options.listener.onClosed(error);
    this.#onDrained?.();
  }
}

function connectionLost(address: string, why: string, reason = "CONNECTION_LOST", cause?: Error): RpcError {
  return new RpcError("unavailable", `the connection with ${address} ended: ${why}`, {
    reason,
    processed: "maybe",
    endpoint: address,
    cause,
  });
}

function tooManyNames(service: string, size: number): RpcError {
  return new RpcError(
    "invalid_argument",
    `the names of the methods of ${service} take ${size} bytes, above the ${maxFrameBytes} of a frame: split the service`,
    { reason: "TOO_MANY_METHODS", processed: "no" },
  );
}

function notReady(address: string, why: string, cause?: Error): RpcError {
  return new RpcError("unavailable", `${address} did not answer the hello: ${why}`, {
    reason: "NO_HELLO",
    processed: "no",
    endpoint: address,
    cause,
  });
}
