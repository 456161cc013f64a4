import type { CodeName } from "../contract/code.js";
import type { Histogram, HistogramJson } from "./histogram.js";

/** How long answers took. `Histogram.fromJSON` makes a histogram of it, which can be merged with those of other processes. */
export interface LatencyStats extends HistogramJson {
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

/** Calls, since the beginning or the last reset: `calls` = `ok` + `failed` + `pending`. */
export interface CallStats {
  readonly calls: number;
  readonly ok: number;
  readonly failed: number;
  /** Without an outcome by now. */
  readonly pending: number;
  /** Attempts beyond the first; of a connection and of a server: requests that were such attempts. */
  readonly retries: number;
  /** Of those that failed: how many with which code. */
  readonly codes: Readonly<Partial<Record<CodeName, number>>>;
  /** The same by reason: at most 64 of them, all others count as "(other)". */
  readonly reasons: Readonly<Record<string, number>>;
  /**
   * Of a client: from the write of a request to the read of its answer, each attempt for itself. Of a server: from the
   * read of a request to the end of the turn of the event loop in which its handler settled.
   */
  readonly latency: LatencyStats;
}

/** What passed through sockets. */
export interface TrafficStats {
  readonly reads: number;
  readonly readBytes: number;
  readonly readErrors: number;
  readonly writes: number;
  readonly writtenBytes: number;
  readonly writeErrors: number;
  /** Writes for each request made or answered here: the fewer, the more calls share one. 0 before the first. */
  readonly writesPerCall: number;
}

/** Calls that wait, encoded: in front of a socket, or of the handlers. */
export interface QueueStats {
  readonly entries: number;
  readonly bytes: number;
}

/** Streams of calls, results and arguments each counted for themselves. Bytes are those of the items' frames, headers included. */
export interface StreamStats {
  /** Open now, and those there were. */
  readonly open: number;
  readonly opened: number;
  readonly itemsIn: number;
  readonly itemsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Bytes of items that arrived and wait for their readers, and of items that wait to be sent. */
  readonly heldBytes: number;
  /** Bytes of items that the peer takes now, over all streams of the connection. */
  readonly creditBytes: number;
}

/** One connection, or what all of them come to. */
export interface ConnectionSums {
  readonly traffic: TrafficStats;
  /** Requests made on it, each attempt for itself. */
  readonly made: CallStats;
  /** Requests that its peer made. */
  readonly served: CallStats;
  readonly streams: StreamStats;
  readonly queue: QueueStats;
  /** Bytes that the socket has not taken yet. */
  readonly unsentBytes: number;
  /** Answers that came when nobody waited for them any more, and were dropped. */
  readonly lateAnswers: number;
}

/** One open connection. */
export interface ConnectionStats extends ConnectionSums {
  readonly role: "dialler" | "acceptor";
  /** The other end's address, and the id that it gave itself. */
  readonly address: string;
  readonly instance: string;
  /** "opening" until the hello was answered, "ready", "retired" while it finishes what was begun. */
  readonly state: "opening" | "ready" | "retired" | "closed";
  /** Whether the peer is silent though it owes an answer. */
  readonly suspect: boolean;
  /** Since it was opened, in ms. */
  readonly ageMs: number;
}

/** What became of streams that were dialled or accepted. */
export interface AttemptStats {
  readonly attempts: number;
  /** Those that ended before the hello was answered, and those that never came to be. */
  readonly failed: number;
  readonly reasons: Readonly<Record<string, number>>;
}

/** What the ends of all connections have in common. */
export interface EndStats {
  /** Since the end was opened, or its last reset, in ms. */
  readonly sinceMs: number;
  /** Connections that are open, and those there were in all. */
  readonly connectionsOpen: number;
  readonly connectionsEver: number;
  /** Sums over the connections, those that are closed by now included. */
  readonly total: ConnectionSums;
  /** The open ones, each for itself. */
  readonly connections: readonly ConnectionStats[];
}

/** Calls of one kind, together and for each method, by its path. */
export interface MethodStats {
  readonly calls: CallStats;
  readonly methods: Readonly<Record<string, CallStats>>;
}

/** What a process answers. */
export interface ServedStats extends MethodStats {
  /** Handlers that were started and have not settled. */
  readonly running: number;
  /** Calls that wait for a handler, encoded. */
  readonly waitQueue: QueueStats;
  /** Calls turned away since too many came: `OVERLOADED`, `CONCURRENCY_LIMIT`, `WAIT_QUEUE_FULL`. */
  readonly turnedAway: number;
}

/** A snapshot of a connector. Its `calls` are as their callers see them, retries within them; `latency` is that of the attempts. */
export interface ClientStats extends EndStats, MethodStats {
  /** What servers asked of the services that this client offers. */
  readonly fromPeers: ServedStats;
  readonly dials: AttemptStats;
  /** Calls that a full queue of this process failed, the oldest one (`QUEUE_EVICTED`) or the newest (`QUEUE_FULL`). */
  readonly evicted: number;
  readonly refused: number;
  /** Calls that were not sent since their servers reject too many (`THROTTLED`). */
  readonly throttled: number;
  /** Endpoints that are left out now since they failed too many calls, and how often one was; each service counts its own. */
  readonly ejected: number;
  readonly ejections: number;
  /** How long ago the registry last said, or said again, what is called, in ms: of its lists the oldest. null without a registry, or before the first call. */
  readonly listAgeMs: number | null;
  /** Calls that wait until an instance is ready. */
  readonly waiting: number;
}

/** A snapshot of a server. Its `calls` are requests, those included that were rejected before their handler began. */
export interface ServerStats extends EndStats, ServedStats {
  readonly accepts: AttemptStats;
  /** Connections cut off since their peers read nothing, or too slowly (`SLOW_READER`). */
  readonly slowReaders: number;
  /** Bytes held of messages received in part. */
  readonly partialBytes: number;
  /** Calls that it made of its peers, as their callers see them, retries within them; `latency` is that of the attempts. */
  readonly toPeers: MethodStats;
}

/** Returns the figures of a histogram. */
export function latencyStats(histogram: Histogram): LatencyStats {
  return {
    ...histogram.toJSON(),
    meanMs: histogram.meanMs,
    p50Ms: histogram.quantile(0.5),
    p90Ms: histogram.quantile(0.9),
    p99Ms: histogram.quantile(0.99),
    p999Ms: histogram.quantile(0.999),
  };
}
