import { MethodTable } from "./method-table.js";
import type { ConnectionSums } from "./snapshots.js";
import { StreamCounters } from "./stream-counters.js";

/** What one connection counts, or what several of them come to. Plain numbers, counted where the thing happens. */
export class ConnectionCounters {
  reads = 0;
  readBytes = 0;
  readErrors = 0;
  writes = 0;
  writtenBytes = 0;
  writeErrors = 0;
  lateAnswers = 0;
  /** How it is now; everything else only grows. */
  queueEntries = 0;
  queueBytes = 0;
  unsentBytes = 0;
  /** Requests made on it, and those its peer made. */
  readonly made = new MethodTable();
  readonly served = new MethodTable();
  readonly streams = new StreamCounters();

  add(other: ConnectionCounters): void {
    this.reads += other.reads;
    this.readBytes += other.readBytes;
    this.readErrors += other.readErrors;
    this.writes += other.writes;
    this.writtenBytes += other.writtenBytes;
    this.writeErrors += other.writeErrors;
    this.lateAnswers += other.lateAnswers;
    this.queueEntries += other.queueEntries;
    this.queueBytes += other.queueBytes;
    this.unsentBytes += other.unsentBytes;
    this.made.add(other.made);
    this.served.add(other.served);
    this.streams.add(other.streams);
  }

  /** The connection is closed: nothing waits on it any more. */
  close(): void {
    this.queueEntries = this.queueBytes = this.unsentBytes = 0;
    this.streams.close();
  }

  /** Begins anew; what is pending or waits counts on. */
  reset(): void {
    this.reads = this.readBytes = this.readErrors = 0;
    this.writes = this.writtenBytes = this.writeErrors = 0;
    this.lateAnswers = 0;
    this.made.reset();
    this.served.reset();
    this.streams.reset();
  }

  stats(): ConnectionSums {
    const made = this.made.total().stats();
    const served = this.served.total().stats();
    const calls = made.calls + served.ok + served.failed;
    const { reads, readBytes, readErrors, writes, writtenBytes, writeErrors } = this;
    return {
      traffic: {
        reads,
        readBytes,
        readErrors,
        writes,
        writtenBytes,
        writeErrors,
        writesPerCall: calls === 0 ? 0 : writes / calls,
      },
      made,
      served,
      streams: this.streams.stats(),
      queue: { entries: this.queueEntries, bytes: this.queueBytes },
      unsentBytes: this.unsentBytes,
      lateAnswers: this.lateAnswers,
    };
  }
}
