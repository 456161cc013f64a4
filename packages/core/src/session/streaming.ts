import { type Deadlines, deadlinesOf } from "../clock/deadlines.js";
import type { Codec } from "../contract/codec.js";
import { Endings } from "../streams/endings.js";
import { Streams } from "../streams/streams.js";
import { creditBody } from "../streams/windows.js";
import { Kind } from "../wire/header.js";
import type { Connection } from "./connection.js";
import { type Ids, MadeStreams } from "./made-streams.js";
import { type Runner, RunStreams } from "./run-streams.js";
import type { RunningCall } from "./running-call.js";
import type { StreamParts } from "./stream-parts.js";

/** All that a connection needs for streams: made by the first of them, since most connections have none. */
export class Streaming implements StreamParts {
  readonly made: MadeStreams;
  readonly run: RunStreams;
  readonly streams: Streams;
  readonly endings: Endings;
  readonly deadlines: Deadlines;
  readonly #connection: Connection;

  /** `onIdle` is called whenever no call with streams is left that we made. */
  constructor(connection: Connection, ids: Ids, runner: Runner, onIdle: () => void) {
    this.#connection = connection;
    this.deadlines = deadlinesOf(connection.clock);
    this.endings = new Endings(connection.clock, connection.logger);
    this.made = new MadeStreams(connection, this, ids, onIdle);
    this.run = new RunStreams(connection, this, runner);
    const { connectionCreditBytes } = connection.peerLimits;
    this.streams = new Streams(connection, connectionCreditBytes, this.made.calls, this.run.calls);
  }

  /** Called every 250 ms. */
  tick(now: number): void {
    this.streams.tick(now);
    this.endings.tick(now);
  }

  giveCredit(flags: number, target: number, id: number, bytes: number): void {
    this.#connection.outbox.frame(Kind.credit, flags, target, id, creditBody(bytes));
  }

  codecOf({ codec }: RunningCall): Codec {
    return codec < 0 ? this.#connection.codec : (this.#connection.codecById(codec) ?? this.#connection.codec);
  }

  countOpen(): void {
    this.#connection.counters.streams.open = this.made.open + this.run.open;
  }
}
