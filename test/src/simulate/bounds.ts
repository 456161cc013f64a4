import type { ConnectionStats, Connector, EndStats, Server } from "@rpc/core";
import type { Ledger } from "./ledger.js";
import type { Plan } from "./plan.js";

/** A page or two of frames, and one message's chunks in a write. */
const slackBytes = 262_144;
/** Above it a server encodes no more answers. */
const answersBytes = 16_777_216;

/** Holds what an end says of itself to its limits. */
export class Bounds {
  readonly #plan: Plan;
  readonly #ledger: Ledger;

  constructor(plan: Plan, ledger: Ledger) {
    this.#plan = plan;
    this.#ledger = ledger;
  }

  ofClient(name: string, connector: Connector): void {
    const stats = connector.stats();
    const { limits } = this.#plan;
    this.#connections(name, stats, limits.highWaterBytes + 2 * limits.messageBytes + slackBytes);
    const made = stats.total.made.pending;
    const open = stats.connections.reduce((sum, { made: { pending } }) => sum + pending, 0);
    if (made !== open) this.#ledger.violated(`${name} has ${made} calls pending, but ${open} on open connections`);
    // Each of the two services has a room for them.
    if (stats.waiting > 2 * limits.sendQueueEntries) this.#ledger.violated(`${name} lets ${stats.waiting} calls wait`);
  }

  ofServer(name: string, server: Server): void {
    const stats = server.stats();
    const { limits, handlersRunning } = this.#plan;
    this.#connections(name, stats, answersBytes + limits.messageBytes + slackBytes);
    if (stats.running > handlersRunning) this.#ledger.violated(`${name} counts ${stats.running} handlers`);
  }

  /** No stream is open, and nothing of one is held. */
  noStreams(name: string, end: Connector | Server): void {
    for (const { address, streams } of end.stats().connections) {
      const { open, heldBytes } = streams;
      if (open !== 0) this.#ledger.violated(`${name} counts ${open} streams open with ${address}, and all are over`);
      if (heldBytes !== 0) this.#ledger.violated(`${name} holds ${heldBytes} bytes of streams of ${address}`);
    }
  }

  /** Nothing is left of what was begun. */
  atRest(name: string, end: Connector | Server): void {
    const { total, connections } = end.stats();
    const { made, served, queue, unsentBytes } = total;
    for (const [what, left] of Object.entries({
      "calls made": made.pending,
      "calls served": served.pending,
      "calls queued": queue.entries,
      "bytes queued": queue.bytes,
      "bytes unsent": unsentBytes,
      connections: connections.length,
    })) {
      if (left !== 0) this.#ledger.violated(`${name} is closed, and ${left} ${what} are left`);
    }
  }

  #connections(name: string, { connections }: EndStats, unsentBytes: number): void {
    for (const connection of connections) {
      for (const what of this.#broken(connection, unsentBytes)) this.#ledger.violated(`${name}: ${what}`);
    }
  }

  #broken({ queue, made, served, streams, unsentBytes, address }: ConnectionStats, mostUnsentBytes: number): string[] {
    const { handlersRunning, waitQueueEntries, limits } = this.#plan;
    const { inFlight, sendQueueBytes, sendQueueEntries, messageBytes, connectionCreditBytes, partialBytes } = limits;
    const streamsAtOnce = limits.streams;
    const found: string[] = [];
    const bound = (what: string, is: number, most: number): void => {
      if (is > most || is < 0) found.push(`${is} ${what} to ${address}, the bound is ${most}`);
    };
    bound("calls queued", queue.entries, sendQueueEntries);
    // One that found no room with the peer is put back in front, whatever the queue holds by then.
    bound("bytes queued", queue.bytes, sendQueueBytes + messageBytes);
    // Those with streams are no part of the limit, and each has a stream at least.
    bound("calls made", made.pending - queue.entries, inFlight + streamsAtOnce);
    // Those that were cancelled and run on, and oneway ones, count as served, and do not count against the limit.
    bound("calls served", served.pending, inFlight + handlersRunning + waitQueueEntries + streamsAtOnce);
    // What may come of them, items that are let in whole, and one of each stream that waits to be sent.
    const heldBytes = connectionCreditBytes + partialBytes + (2 * streamsAtOnce + 1) * messageBytes;
    bound("bytes of streams", streams.heldBytes, heldBytes);
    bound("streams", streams.open, 2 * streamsAtOnce);
    bound("bytes unsent", unsentBytes, mostUnsentBytes);
    return found;
  }
}
