/** Bounds of one connection, the same on whichever side it was opened. Every one of them names the option to raise in its error. */
export interface ConnectionLimits {
  /** Bytes of one message on the wire, either way. Defaults to 4 MiB. */
  readonly messageBytes: number;
  /** Levels of nesting of a received message. Defaults to 64. */
  readonly depth: number;
  /** Elements of a received message, at all levels together; what costs more to build counts as several. Defaults to 262,144. */
  readonly elements: number;
  /** Streams open at once, each way: of a call its result and each argument that is one. Defaults to 1,024. */
  readonly streams: number;
  /** Bytes of items that one stream may hold unread, once its reader reads. Defaults to 256 KiB. */
  readonly streamCreditBytes: number;
  /** Bytes of items that all streams of the connection may hold unread together: at least 1,024 for each of `streams`. Defaults to 4 MiB. */
  readonly connectionCreditBytes: number;
  /** How long a stream may be open without an item either way, in ms; then its call ends. Defaults to 300,000. */
  readonly streamIdleMs: number;
  /** Unary calls without an answer, each way; above it the caller's side queues. Defaults to 1,024. */
  readonly inFlight: number;
  /** Bytes of messages that were begun by the peer and have not ended. Defaults to 16 MiB. */
  readonly partialBytes: number;
  /** Calls waiting to be written to one endpoint. Defaults to 4,096. */
  readonly sendQueueEntries: number;
  /** Bytes of calls waiting to be written to one endpoint. Defaults to 16 MiB. */
  readonly sendQueueBytes: number;
  /** Calls waiting for room in the queue to one endpoint, where `whenFull` is "wait". Defaults to 65,536. */
  readonly sendQueueWaiters: number;
  /** Bytes waiting on a socket above which calls queue and handlers are not started. Defaults to 1 MiB. */
  readonly highWaterBytes: number;
  /** Bytes waiting on a socket above which answers wait unencoded; one that could pass it waits too. Defaults to 16 MiB. */
  readonly waitingBytes: number;
  /** How long a peer may take no byte while answers wait so, in ms, before the connection ends; of whatever else waits it is `partialMs`. Defaults to 1,000. */
  readonly slowReaderMs: number;
  /** How long a peer may take to say hello, in ms. Defaults to 5,000. */
  readonly helloMs: number;
  /** How long a message may be in parts without a byte of it arriving, and bytes may wait without one being taken, in ms. Defaults to 10,000. */
  readonly partialMs: number;
}

const KiB = 1_024;
const MiB = 1_024 * KiB;

export const defaultLimits: ConnectionLimits = Object.freeze({
  messageBytes: 4 * MiB,
  depth: 64,
  elements: 262_144,
  streams: 1_024,
  streamCreditBytes: 256 * KiB,
  connectionCreditBytes: 4 * MiB,
  streamIdleMs: 300_000,
  inFlight: 1_024,
  partialBytes: 16 * MiB,
  sendQueueEntries: 4_096,
  sendQueueBytes: 16 * MiB,
  sendQueueWaiters: 65_536,
  highWaterBytes: MiB,
  waitingBytes: 16 * MiB,
  slowReaderMs: 1_000,
  helloMs: 5_000,
  partialMs: 10_000,
});
