import type { StreamStats } from "./snapshots.js";

/** Streams of one connection, or of several. Plain numbers, counted where the thing happens. */
export class StreamCounters {
  opened = 0;
  itemsIn = 0;
  itemsOut = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** How it is now; everything else only grows. */
  open = 0;
  heldBytes = 0;
  creditBytes = 0;

  add(other: StreamCounters): void {
    this.opened += other.opened;
    this.itemsIn += other.itemsIn;
    this.itemsOut += other.itemsOut;
    this.bytesIn += other.bytesIn;
    this.bytesOut += other.bytesOut;
    this.open += other.open;
    this.heldBytes += other.heldBytes;
    this.creditBytes += other.creditBytes;
  }

  /** The connection is closed: nothing is open on it any more. */
  close(): void {
    this.open = this.heldBytes = this.creditBytes = 0;
  }

  /** Begins anew; what is open counts on. */
  reset(): void {
    this.opened = this.open;
    this.itemsIn = this.itemsOut = this.bytesIn = this.bytesOut = 0;
  }

  stats(): StreamStats {
    const { open, opened, itemsIn, itemsOut, bytesIn, bytesOut, heldBytes, creditBytes } = this;
    return { open, opened, itemsIn, itemsOut, bytesIn, bytesOut, heldBytes, creditBytes };
  }
}
