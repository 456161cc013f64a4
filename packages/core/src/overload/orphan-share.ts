/** The share of a server's places that orphans may have before who has them starts no more, all connections together. */
const shareOfAll = 3 / 4;
/** How many of these one connection may take for each that is still to be had, and what it may take in any case. */
const forEachLeft = 3;
const shareInAnyCase = 1 / 256;

/**
 * Orphans: handlers that run and for which nobody waits, of oneway calls, of cancelled ones, of connections that are gone.
 * Places are theirs until they settle, so that who calls and cancels, or floods with oneway calls, could have them all. A
 * connection starts no more above its share; what runs already when it is cancelled may carry it further. The share goes
 * by what is still to be had, as in Choudhury and Hahne, Dynamic Queue Length Thresholds for Shared-Memory Packet
 * Switches, IEEE/ACM Transactions on Networking 6(2), 1998: nine sixteenths of all places where it is alone, less where
 * others have some, and one of 256 where those have theirs already.
 */
export class OrphanShare {
  /** Of all connections. */
  #running = 0;
  /** Of those that are gone, by who had them: or one would connect anew and begin again. */
  readonly #gone = new Map<string, number>();

  /** Whether some are of connections that are gone. */
  get anyGone(): boolean {
    return this.#gone.size > 0;
  }

  /** How many are of a caller's connections that are gone. */
  ofGone(caller: string): number {
    return this.#gone.get(caller) ?? 0;
  }

  count(by: number): void {
    this.#running += by;
  }

  /** Counts what `count` has counted for the caller's connections that are gone. */
  countGone(caller: string, by: number): void {
    const count = this.ofGone(caller) + by;
    if (count > 0) this.#gone.set(caller, count);
    else this.#gone.delete(caller);
  }

  /** Whether who has so many of them has its share of so many places. */
  crowdedBy(count: number, places: number): boolean {
    const left = places * shareOfAll - this.#running;
    return count >= Math.max(1, places * shareInAnyCase, left * forEachLeft);
  }
}
