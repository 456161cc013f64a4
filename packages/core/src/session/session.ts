import { Socket } from "node:net";
import { ArrivalTimes } from "../clock/arrival-times.js";
import { tickerOf } from "../clock/ticker.js";
import type { Call, Invoke, Newcomer, Receiver } from "../contract/call.js";
import type { Codec } from "../contract/codec.js";
import { RpcError } from "../contract/errors.js";
import type { ServiceDescriptor } from "../contract/method.js";
import type { Address } from "../contract/registry.js";
import { ConnectionCounters } from "../stats/connection-counters.js";
import type { ConnectionStats } from "../stats/snapshots.js";
import { inflateBlock } from "../wire/block.js";
import type { BlockAlgorithm } from "../wire/block-algorithm.js";
import { codeOf, decodeFault, encodeFault } from "../wire/fault.js";
import { Feature } from "../wire/features.js";
import { FrameReader, landingBytes } from "../wire/frame-reader.js";
import { Flag, Kind } from "../wire/header.js";
import { decodeHello, encodeHello, type Hello, type PeerLimits } from "../wire/hello.js";
import { Outbox } from "../wire/outbox.js";
import { protocolError } from "../wire/protocol-error.js";
import { ConnectedPeer } from "./connected-peer.js";
import type { Connection } from "./connection.js";
import { connectionLost, noMoreCalls, notReady } from "./connection-lost.js";
import { CutFrame } from "./cut-frame.js";
import { type ConnectionEvent, diagnostics, type SuspectEvent } from "./diagnostics.js";
import { Drain } from "./drain.js";
import { type ErrorClasses, noErrorClasses } from "./error-classes.js";
import { type Agreed, ruleFor, type SessionState } from "./frame-rules.js";
import { type Agreement, agree, helloOf } from "./handshake.js";
import { Incoming } from "./incoming.js";
import { Liveness } from "./liveness.js";
import { Openings } from "./openings.js";
import { type Elsewhere, Outgoing } from "./outgoing.js";
import type { PartialBudget } from "./partial-budget.js";
import type { PeerLine } from "./peer-line.js";
import type { Tracker } from "./pending-call.js";
import { Rates } from "./rates.js";
import { type RemoteMethod, type RemoteService, remoteService } from "./remote-service.js";
import type { SessionOptions } from "./session-options.js";
import { holdBytes, SlowReader, tearDown } from "./slow-reader.js";
import type { StreamBudget } from "./stream-budget.js";
import { Streaming } from "./streaming.js";
import type { WhenFull } from "./when-full.js";

/** How long the last frame has to leave before the socket is torn down. */
const lingerMs = 1_000;
/** Flags that a frame may have only where their features were agreed. */
const wantsFeature = Flag.oneway | Flag.declared;
/** More pings in a second, and the connection is drained: each costs an answer, and nobody needs them so often. */
const calmPings = 20;
/** Looks in a row, each behind a stall, at which nobody is judged. */
const mostStalls = 3;
/** What is read of what is probably another long item, so that the rest of that is read to its place. */
const headRoom = 64;
/** Where it is read to, behind what is left of a short frame. */
const ahead = Buffer.allocUnsafeSlow(landingBytes + headRoom);
const nothingAgreed: Agreed = { blocks: false, streams: false };
const noLimits: PeerLimits = {
  messageBytes: 0,
  inFlight: 0,
  partialBytes: 0,
  streams: 0,
  streamCreditBytes: 0,
  connectionCreditBytes: 0,
};

/**
 * One connection, seen from either end, as long as its socket lives: opening → ready → retired → closed, never back.
 * Hands each frame to whom it concerns: calls we made, calls we run, services being opened, liveness, drain.
 */
export class Session implements Connection, PeerLine {
  readonly clock;
  readonly limits;
  readonly logger;
  readonly counters = new ConnectionCounters();
  readonly outbox: Outbox;
  readonly rates = new Rates();
  readonly partials: PartialBudget | undefined;
  readonly streamBudget: StreamBudget | undefined;
  readonly ownFlag: number;
  readonly peerFlag: number;
  /** Who it is is known once it was let in. */
  peer: ConnectedPeer;
  peerLimits: PeerLimits = noLimits;
  codec: Codec;
  readAt = 0;
  /** How long the hello's answer took, in ms. */
  roundTripMs = 0;
  arrivedAt = 0;
  chunk: Buffer | undefined = undefined;
  features = 0;
  readonly errors: ErrorClasses;
  contractNotes: ReadonlyMap<string, string> | undefined = undefined;
  readonly #options: SessionOptions;
  readonly #reader = new FrameReader(this);
  readonly #outgoing: Outgoing;
  readonly #incoming: Incoming;
  readonly #openings: Openings;
  readonly #liveness: Liveness;
  readonly #slowReader: SlowReader;
  readonly #cutFrame: CutFrame;
  readonly #drain: Drain;
  readonly #openedAt: number;
  /** Only who serves asks how long its calls have waited, and only sockets let them wait unseen. */
  readonly #arrivals: ArrivalTimes | undefined;
  #state: SessionState = "opening";
  /** Ids of the codecs that both sides know, the connection's first. */
  #codecIds: readonly number[] = [];
  /** Ways to compress that both sides know, our preferred one first. */
  #compression: readonly BlockAlgorithm[] = [];
  #agreedOn: Agreed = nothingAgreed;
  /** Where an item's next bytes are being read to. */
  #landing: Buffer | undefined;
  /** Made when the first stream is. */
  #streaming: Streaming | undefined;
  #closeError: RpcError | undefined;
  #closing = false;
  /** Both ends offer services, so that a handler may call its caller back. */
  #twoWay = false;
  /** Every call that was made has been settled, and none can be made any more. */
  #over = false;
  /** The stream is gone, and handlers of oneway calls still run. */
  #orphaned = false;
  /** How often in a row time was looked at right after this process was held up. */
  #stalls = 0;
  /** The peer said hello, and who it is is being found out. */
  #judging = false;

  constructor(options: SessionOptions) {
    const { clock, limits, logger, stream, role } = options;
    this.#options = options;
    this.clock = clock;
    this.limits = limits;
    this.errors = options.errors ?? noErrorClasses;
    this.logger = logger;
    this.peer = new ConnectedPeer({ address: options.address, instance: "" }, undefined, this);
    this.codec = options.codecs[0]!;
    this.ownFlag = role === "acceptor" ? Flag.acceptor : 0;
    this.peerFlag = role === "acceptor" ? 0 : Flag.acceptor;
    this.partials = options.partials;
    this.streamBudget = options.streamBudget;
    this.outbox = new Outbox({
      stream,
      clock,
      reusesPages: options.reusesPages,
      highWaterBytes: limits.highWaterBytes,
      longWaterBytes: limits.highWaterBytes + limits.messageBytes,
      holdBytes: holdBytes(limits),
      mayGrow: (unsentBytes) => this.#slowReader.mayGrow(unsentBytes),
      onRoom: () => this.#onRoom(),
      onItemsTaken: () => this.#streaming?.streams.turns.goOn(),
      onTurnEnd: () => {
        this.#outgoing.onTurnEnd();
        this.#incoming.onTurnEnd();
        this.#streaming?.streams.turns.onTurnEnd();
      },
    });
    this.#slowReader = new SlowReader(
      this,
      stream,
      options.unsent,
      () => this.#incoming.holding,
      (error) => this.#cut(error),
    );
    const elsewhere: Elsewhere = {
      onAnswer: (...answer) => this.#streaming?.made.onAnswer(...answer) ?? false,
      onWhole: (...answer) => this.#streaming?.made.onWhole(...answer),
    };
    this.#outgoing = new Outgoing(this, options.whenFull, elsewhere, () => this.#onIdle());
    const streamsOf = (made: boolean) => (made ? this.#withStreams() : this.#streaming)?.run;
    this.#incoming = new Incoming(this, options.host, streamsOf, () => this.#onIdle());
    this.#openings = new Openings(this);
    this.#liveness = new Liveness(this, options.keepAlive, {
      owed: () => this.#outgoing.pending + this.#openings.size > 0 || this.#streaming?.made.owed === true,
      oldestWrittenAt: (since) => this.#outgoing.oldestWrittenAt(since),
      usualMs: () => this.#outgoing.usualMs,
      onSuspicion: (suspect) => this.#onSuspicion(suspect),
      close: (error) => this.#close(error, true),
    });
    this.#cutFrame = new CutFrame(options.partials, () => this.close(noRoomForParts()));
    this.#drain = new Drain(this, {
      role,
      serves: role === "acceptor" || options.host !== undefined,
      twoWay: () => this.#twoWay,
      pending: () => this.pending + this.#incoming.beginning,
      listens: () => this.#listens,
      lastId: () => this.#incoming.lastId,
      retire: () => this.#retire(),
      rejectUnstarted: () => this.#incoming.rejectUnstarted(shuttingDown(this.peer.address)),
      refuse: () => this.#incoming.refuse(shuttingDown(this.peer.address)),
      onAdvice: () => this.#outgoing.onDrainAdvice(),
      onLastRead: (id) => {
        this.#outgoing.onFinalDrain(id);
        this.#streaming?.made.onFinalDrain(id);
      },
      onUnanswered: () => this.#lost("the peer did not answer the end"),
    });
    this.#arrivals = options.host !== undefined && stream instanceof Socket ? new ArrivalTimes(clock) : undefined;
    this.#openedAt = this.readAt = clock.now();
    stream.on("data", (chunk: Buffer) => this.#read(chunk));
    stream.on("end", () => this.#lost("the peer closed the connection"));
    stream.on("error", (cause: Error) => {
      if (this.#state !== "closed") countBroken(this.counters, cause);
      this.#lost("the connection broke", cause);
    });
    stream.on("close", () => {
      this.#lost("the connection was closed");
      this.outbox.close();
      this.#slowReader.onRoom();
      // Nothing that was written stands in the way of oneway calls any more, though a stream may never say that it took it.
      this.#incoming.onRoom();
    });
    tickerOf(clock).add(this);
    if (role === "dialler") this.#sayHello(Kind.hello, helloOf(options));
  }

  /** Returns where the next bytes of the connection are best read to: see `ReadHints`. */
  landing(): Buffer | undefined {
    const streams = this.#streaming?.streams;
    if (streams === undefined) return undefined;
    const { cutBytes, missingBytes } = this.#reader;
    if (cutBytes === 0)
      return streams.longLast && missingBytes <= landingBytes ? ahead.subarray(0, missingBytes + headRoom) : undefined;
    this.#landing = streams.landing(cutBytes);
    return this.#landing;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Calls made or run here that have not been answered. */
  get pending(): number {
    return this.#outgoing.pending + this.#incoming.running + (this.#streaming?.made.pending ?? 0);
  }

  /** Whether the peer is silent though it owes an answer and was asked: calls should go elsewhere until it is heard of. */
  get suspect(): boolean {
    return this.#liveness.suspect;
  }

  codecById(id: number): Codec | undefined {
    return this.#codecIds.includes(id) ? this.#options.codecs.find((codec) => codec.id === id) : undefined;
  }

  /** Sends a call; `receiver` is told how it ended: with `unavailable`, processed "no", once the session takes no more calls. */
  send(call: Call, remote: RemoteMethod, tracker: Tracker | undefined, receiver: Receiver): void {
    if (this.#state !== "ready") {
      const error = noMoreCalls(this.peer.address, this.#state === "retired");
      tracker?.onSettled(-1, error, this.readAt);
      receiver.fail(error);
      return;
    }
    this.#send(call, remote, tracker, receiver);
  }

  get whenFull(): WhenFull {
    return this.#options.whenFull;
  }

  get takesCalls(): boolean {
    return this.#state === "ready";
  }

  deaf(): RpcError | undefined {
    const { heard, ended } = this.#drain;
    const callable = this.#state === "ready" || (this.#state === "retired" && !this.#over && !heard && !ended);
    return callable ? undefined : noMoreCalls(this.peer.address, this.#state === "retired");
  }

  callPeer(): Invoke {
    return this.#options.callPeer(this);
  }

  sendToPeer(call: Call, remote: RemoteMethod, receiver: Receiver): void {
    const deaf = this.deaf();
    if (deaf === undefined) this.#send(call, remote, undefined, receiver);
    else receiver.fail(deaf);
  }

  /** Gives up the calls of a tracker that `mayMove` lets go, so that they can be made elsewhere. */
  moveAway(tracker: Tracker, mayMove: (call: Call, written: boolean) => boolean): void {
    this.#outgoing.moveAway(tracker, mayMove);
  }

  /** Opens a service. Resolves to undefined where the peer has none of that name. */
  async open(service: ServiceDescriptor): Promise<RemoteService | undefined> {
    if (this.#state === "closed") throw this.#closeError ?? connectionLost(this.peer.address, "it is closed");
    const opened = await this.#openings.open(service, () => this.#outgoing.nextId());
    return opened && remoteService(service, opened, this.#codecIds, ({ path }) => this.counters.made.of(path));
  }

  /** Brings the counters up to date with what others keep. */
  counted(): ConnectionCounters {
    const { counters, outbox } = this;
    const { size, bytes } = this.#outgoing.queue;
    counters.writes = outbox.writes;
    counters.writtenBytes = outbox.writtenBytes;
    counters.queueEntries = size;
    counters.queueBytes = bytes;
    counters.unsentBytes = outbox.unsentBytes;
    this.#streaming?.streams.count();
    return counters;
  }

  stats(): ConnectionStats {
    return {
      role: this.#options.role,
      address: this.peer.address,
      instance: this.peer.instance,
      state: this.#state,
      suspect: this.suspect,
      ageMs: this.clock.now() - this.#openedAt,
      ...this.counted().stats(),
    };
  }

  resetStats(): void {
    this.outbox.writes = this.outbox.writtenBytes = 0;
    this.counters.reset();
  }

  /**
   * Ends the connection gently: nothing new is begun, what was begun is finished. An acceptor tells its peer, which
   * closes first; a dialler closes once its own calls are settled. Resolves when the connection is closed.
   */
  drain(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#state === "closed") return resolve();
      this.#drain.whenClosed(resolve);
      if (this.#state === "opening") this.close(connectionLost(this.peer.address, "it was not needed any more"));
      else this.#drain.begin();
    });
  }

  /** Ends the connection now. Calls settle; the peer is told why in a last frame. */
  close(error: RpcError): void {
    this.#close(error, false);
  }

  #close(error: RpcError, spareOneways: boolean): void {
    if ((this.#closing && !this.#orphaned) || this.#state === "closed") return;
    this.#closing = true;
    const { stream } = this.#options;
    // Who does not speak the protocol is told nothing.
    const told = this.#reader.recognised;
    this.#settleAll(error, spareOneways);
    if (told && !stream.destroyed && stream.writable) {
      this.outbox.preface();
      this.outbox.frame(Kind.close, 0, codeOf(error), 0, encodeFault(error));
      this.outbox.finish();
      // Reading goes on, so that unread input does not turn the end into a reset that overtakes the last frame.
      this.clock.setTimer(() => stream.destroy(), lingerMs).unref();
    } else {
      stream.destroy();
    }
    this.#finishUnlessRunning(error);
  }

  /** Asks whether time has run out on anything. */
  tick(now: number, stalledMs: number): void {
    this.#arrivals?.look(now);
    // Nobody is judged right after a stall, but for who stalls again and again: it would never judge anybody.
    this.#stalls = stalledMs === 0 ? 0 : this.#stalls + 1;
    const fair = this.#stalls === 0 || this.#stalls > mostStalls;
    if (this.#state === "opening") {
      if (fair && now - this.#openedAt >= this.limits.helloMs) {
        const what = this.#judging ? "its authentication did not end" : "it did not say hello";
        this.close(
          connectionLost(
            this.peer.address,
            `${what} within ${this.limits.helloMs} ms (limits.helloMs)`,
            "HELLO_TIMEOUT",
          ),
        );
      }
      return;
    }
    if (stalledMs > 0) this.#liveness.onStall(now, stalledMs);
    if (fair) this.#liveness.tick(now);
    this.#slowReader.tick(now);
    if (!fair) return;
    this.#streaming?.tick(now);
    const partialSince = Math.min(
      this.#outgoing.assemblies.waitingSince,
      this.#incoming.assemblies.waitingSince,
      this.#streaming?.streams.windows.waitingSince ?? Number.POSITIVE_INFINITY,
    );
    this.#cutFrame.tick(this.#reader.heldBytes, this.counters.readBytes);
    if (this.#over) return;
    if (
      now - partialSince >= this.limits.partialMs ||
      (this.#reader.heldBytes > 0 && now - this.readAt >= this.limits.partialMs)
    ) {
      this.close(
        protocolError(
          "PARTIAL_TIMEOUT",
          `a message was begun and did not go on within limits.partialMs ${this.limits.partialMs}`,
          "deadline_exceeded",
        ),
      );
      return;
    }
    if (this.#liveness.quiet(now)) this.#trim();
    if (this.#state === "ready" && this.#outgoing.nearlyExhausted) void this.drain();
  }

  frame(kind: number, flags: number, target: number, id: number, bytes: Buffer, start: number, end: number): void {
    const rule = ruleFor(this.#state, this.#options.role, kind, this.#agreedOn);
    if (rule !== "take") {
      if (rule === "end") throw protocolError("UNEXPECTED_FRAME", `a frame of kind ${kind} came while ${this.#state}`);
      this.rates.count("frames that say nothing", this.readAt);
      return;
    }
    if ((flags & wantsFeature) !== 0) this.#checkAgreed(flags);
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
        if (target > 0 && this.#agreedOn.streams) {
          this.#onStreamFrame(kind, flags, target, id, bytes, start, end);
          return;
        }
        this.#checkInitiator(flags, this.peerFlag);
        this.#incoming.onCancel(id);
        return;
      case Kind.item:
      case Kind.end:
      case Kind.credit:
        this.#onStreamFrame(kind, flags, target, id, bytes, start, end);
        return;
      case Kind.open:
        this.#checkInitiator(flags, this.peerFlag);
        this.#incoming.onOpen(id, bytes, start, end);
        return;
      case Kind.opened:
        this.#checkInitiator(flags, this.ownFlag);
        this.#openings.onOpened(id, bytes, start, end);
        // Who waits for it hears of it first, and then calls.
        if (this.#state === "retired") this.clock.afterReads(() => this.#onIdle());
        return;
      default:
        this.#onConnectionFrame(kind, target, id, bytes, start, end);
    }
  }

  #onStreamFrame(
    kind: number,
    flags: number,
    target: number,
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    const ours = (flags & Flag.acceptor) === this.ownFlag;
    const known = ours ? this.#outgoing.issued(id) : id !== 0 && id <= this.#incoming.lastId;
    // Credit of the connection is about no call.
    if (!known && !(kind === Kind.credit && id === 0 && target === 0))
      throw protocolError("UNKNOWN_ID", `a frame of a stream came for call ${id}, which was never made`);
    const { streams, made } = this.#withStreams();
    const calls = ours ? streams.made : streams.run;
    if (kind === Kind.item) {
      const { restBytes, continued } = this.#reader;
      streams.onItem(calls, flags, target, id, bytes, start, end, restBytes, continued);
    } else if (kind === Kind.credit) {
      streams.onCredit(calls, target, id, bytes, start, end);
    } else if (kind === Kind.cancel) {
      this.#checkInitiator(flags, this.ownFlag);
      streams.onStop(target, id);
    } else if (ours) {
      made.onEnd(flags, target, id, bytes, start, end);
    } else {
      streams.onEnd(target, id);
    }
  }

  #onConnectionFrame(kind: number, target: number, id: number, bytes: Buffer, start: number, end: number): void {
    switch (kind) {
      case Kind.block:
        this.#reader.pushBlock(inflateBlock(this.#compression, target, bytes, start, end));
        return;
      case Kind.ping:
        if (this.rates.count("pings", this.readAt) > calmPings && this.#state === "ready") void this.drain();
        this.outbox.frame(Kind.pong, 0, 0, 0, Buffer.from(bytes.subarray(start, Math.min(end, start + 8))));
        return;
      case Kind.pong:
        this.rates.count("frames that say nothing", this.readAt);
        this.#drain.onPong();
        return;
      case Kind.hello:
      case Kind.welcome:
        this.#onHello(kind, bytes, start, end);
        return;
      case Kind.drain:
        this.rates.count("frames that say nothing", this.readAt);
        this.#drain.onFrame(target === 1, id);
        return;
      case Kind.close: {
        const { error } = decodeFault(target, bytes, start, end, this.peer.address);
        this.#closing = true;
        this.#settleAll(error, true);
        this.#finishUnlessRunning(error);
        this.#options.stream.destroy();
      }
    }
  }

  #read(chunk: Buffer): void {
    if (this.#state === "closed" || this.#orphaned) return;
    this.readAt = this.clock.now();
    this.counters.reads++;
    this.counters.readBytes += chunk.length;
    if (this.#liveness.suspect) this.#liveness.onHeard();
    this.arrivedAt = this.#arrivals === undefined ? this.readAt : this.#arrivals.read(this.readAt, chunk.length);
    this.#take(chunk);
  }

  #take(chunk: Buffer): void {
    // What lies behind an item, in memory of the item's own, is good for the moment only.
    this.chunk = chunk.buffer === this.#landing?.buffer ? undefined : chunk;
    this.#landing = undefined;
    if (this.#streaming !== undefined && this.#reader.heldBytes === 0) this.#streaming.streams.longLast = false;
    try {
      const taken = this.#reader.push(chunk);
      this.#streaming?.streams.settle();
      this.chunk = undefined;
      this.#slowReader.onRead();
      this.#incoming.start();
      // What was read lies in memory that the next read may use.
      if (taken < chunk.length) this.#readLater(Buffer.from(chunk.subarray(taken)));
    } catch (cause) {
      this.chunk = undefined;
      this.close(
        cause instanceof RpcError
          ? cause
          : new RpcError(
              "internal",
              `reading from ${this.peer.address} failed, by a fault of this library or of a codec: see the cause`,
              {
                reason: "READ_FAILED",
                processed: "maybe",
                cause,
              },
            ),
      );
    }
  }

  #trim(): void {
    this.#reader.trim();
    this.#outgoing.trim();
    this.#incoming.trim();
  }

  /** Lets everybody else have a turn before the rest of a read is looked at. */
  #readLater(rest: Buffer): void {
    const { stream } = this.#options;
    stream.pause();
    this.clock.afterReads(() => {
      stream.resume();
      if (this.#state !== "closed") this.#take(rest);
    });
  }

  #sayHello(kind: number, hello: Parameters<typeof encodeHello>[0]): void {
    this.outbox.preface();
    this.outbox.frame(kind, 0, 0, 0, encodeHello(hello));
  }

  #onHello(kind: number, bytes: Buffer, start: number, end: number): void {
    if (this.#judging) throw protocolError("UNEXPECTED_FRAME", "a second hello came before the first was answered");
    const { address, certificate, judge, refusal } = this.#options;
    if (refusal !== undefined) throw refusal;
    const hello = decodeHello(bytes, start, end);
    const agreed = agree(hello, this.#options);
    if (agreed instanceof RpcError) throw agreed;
    const peer: Newcomer = { address, instance: hello.instance, certificate };
    if (kind === Kind.welcome || judge === undefined) {
      this.#agreed(kind, hello, agreed, new ConnectedPeer(peer, undefined, this));
      return;
    }
    this.#judging = true;
    void judge(hello.credentials, peer).then((identity) => {
      if (this.#state !== "opening" || this.#closing) return;
      if (identity instanceof RpcError) {
        this.close(identity);
        return;
      }
      try {
        this.#agreed(kind, hello, agreed, new ConnectedPeer(peer, identity, this));
      } catch (error) {
        // Nobody else would hear it: a welcome that is too large, say.
        this.close(error as RpcError);
      }
    });
  }

  #agreed(kind: number, hello: Hello, agreed: Agreement, peer: ConnectedPeer): void {
    if (kind === Kind.hello) this.#sayHello(Kind.welcome, helloOf(this.#options, agreed.codecIds));
    this.#codecIds = agreed.codecIds;
    this.features = agreed.features;
    this.codec = agreed.codec;
    this.peer = peer;
    this.roundTripMs = this.readAt - this.#openedAt;
    this.peerLimits = hello.limits;
    this.#twoWay = kind === Kind.welcome ? this.#options.host !== undefined : (hello.features & Feature.offers) !== 0;
    this.#compression = agreed.compression;
    this.#agreedOn = {
      blocks: agreed.compression.length > 0,
      streams: (agreed.features & Feature.streams) !== 0,
    };
    const [first] = agreed.compression;
    if (first !== undefined) this.outbox.compress(first);
    this.outbox.messageBytes = Math.min(hello.limits.messageBytes, this.limits.messageBytes);
    this.outbox.partialBytes = hello.limits.partialBytes;
    this.#state = "ready";
    this.#report(diagnostics.connectionReady, undefined);
    this.#options.listener.onReady(this);
  }

  #send(call: Call, remote: RemoteMethod, tracker: Tracker | undefined, receiver: Receiver): void {
    if (call.method.kind === "unary") this.#outgoing.send(call, remote, tracker, receiver);
    else this.#withStreams().made.send(call, remote, tracker, receiver);
  }

  #withStreams(): Streaming {
    this.#streaming ??= new Streaming(this, this.#outgoing, this.#incoming, () => this.#onIdle());
    return this.#streaming;
  }

  #retire(): void {
    if (this.#state !== "ready") return;
    this.#state = "retired";
    this.#report(diagnostics.connectionRetired, undefined);
    this.#options.listener.onRetired();
  }

  #onSuspicion(suspect: boolean): void {
    if (diagnostics.connectionSuspect.hasSubscribers) {
      const event: SuspectEvent = { address: this.peer.address, instance: this.peer.instance, suspect };
      diagnostics.connectionSuspect.publish(event);
    }
    this.#options.listener.onSuspicion?.(suspect);
  }

  #onRoom(): void {
    this.#slowReader.onRoom();
    this.#outgoing.pump();
    this.#streaming?.made.pump();
    this.#incoming.sayHeld();
    this.#incoming.onRoom();
    this.#onIdle();
  }

  #onIdle(): void {
    if (!this.#orphaned) {
      if (!this.#closing) this.#drain.onIdle();
    } else if (this.#incoming.running === 0) {
      // What was being written when the connection went comes back while handlers still run.
      this.#finish(this.#closeError!);
    }
  }

  /** Whether the peer answers calls of ours, or handlers here may make some: what it runs for those may call back. */
  get #listens(): boolean {
    if (this.#outgoing.pending + this.#openings.size + (this.#streaming?.made.pending ?? 0) > 0) return true;
    return this.#twoWay && this.#incoming.running > 0;
  }

  #checkAgreed(flags: number): void {
    const wanted =
      ((flags & Flag.oneway) === 0 ? 0 : Feature.oneway) | ((flags & Flag.declared) === 0 ? 0 : Feature.errorClasses);
    if ((this.features & wanted) !== wanted)
      throw protocolError("RESERVED_FLAG", "a frame has a flag whose feature was not agreed");
  }

  #checkInitiator(flags: number, expected: number): void {
    if ((flags & Flag.acceptor) !== expected)
      throw protocolError("WRONG_INITIATOR", "a frame says that the other side gave its id out");
  }

  #lost(why: string, cause?: Error): void {
    if (this.#state === "closed" || this.#orphaned) return;
    const error =
      this.#reader.recognised || this.#options.role === "acceptor"
        ? connectionLost(this.peer.address, why, "CONNECTION_LOST", cause)
        : notReady(this.peer.address, why, cause);
    // Who made a oneway call waits for nothing, so that its going is no reason to stop the handler.
    this.#settleAll(error, true);
    this.#options.stream.destroy();
    this.#finishUnlessRunning(error);
  }

  #finishUnlessRunning(error: RpcError): void {
    if (this.#incoming.running === 0) this.#finish(error);
    else this.#orphan(error);
  }

  /** Nobody is there any more, but handlers of oneway calls run: the end comes when they have settled. */
  #orphan(error: RpcError): void {
    this.#orphaned = true;
    this.#closeError = error;
    this.#options.listener.onOrphaned?.();
    tickerOf(this.clock).delete(this);
    this.#liveness.stop();
  }

  /** Ends the connection without a last word, which a peer that does not read would not hear, and lets go of what waits. */
  #cut(error: RpcError): void {
    const { stream } = this.#options;
    if (this.#state !== "closed" && !this.#orphaned) {
      this.logger.warn("a peer that does not read was cut off", { peer: this.peer.address, detail: error.message });
      this.#settleAll(error);
      this.#finish(error);
    }
    tearDown(stream);
    this.outbox.close();
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

  #settleAll(error: RpcError, spareOneways = false): void {
    this.#retire();
    this.#reader.stop();
    this.#cutFrame.end();
    this.#over = true;
    this.#outgoing.onClosed(error);
    this.#streaming?.made.onClosed(error);
    this.#openings.onClosed(error);
    this.#incoming.abortAll(error, spareOneways);
    this.peer.onGone();
  }

  #finish(error: RpcError): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#closeError = error;
    tickerOf(this.clock).delete(this);
    this.#liveness.stop();
    this.#report(diagnostics.connectionClosed, error.reason);
    this.#options.listener.onClosed(error);
    this.#drain.onClosed();
  }
}

function noRoomForParts(): RpcError {
  const message =
    "this server has no room for all messages in parts (partialBytes), and a frame on this connection came slowest";
  return new RpcError("resource_exhausted", message, { reason: "PARTIAL_LIMIT", processed: "maybe" });
}

function shuttingDown(address: Address): RpcError {
  return connectionLost(address, "it is shutting down", "DRAINING");
}

/** Which way a broken stream failed: the system says with what call, and a pipe breaks under who writes. */
function countBroken(counters: ConnectionCounters, cause: Error): void {
  const { code, syscall } = cause as NodeJS.ErrnoException;
  if (syscall === "write" || code === "EPIPE") counters.writeErrors++;
  else counters.readErrors++;
}
