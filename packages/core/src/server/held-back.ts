import type { Duplex } from "node:stream";
import type { Clock } from "../contract/clock.js";
import type { RpcError } from "../contract/errors.js";
import type { Address } from "../contract/registry.js";
import { placeOf } from "../transport/address-reach.js";
import { RecentFailures } from "./recent-failures.js";

/** So many connections of a place that had to be told to calm down within 60 s, and its next ones are held back. */
const floodsAllowed = 5;
/** For how long nothing is read from them, in ms. */
const holdMs = 1_000;
/** Connections held back at once; those above it are closed. */
const mostHeld = 256;

/**
 * Connections from a place whose others had to be ended with `ENHANCE_YOUR_CALM` again and again: for a second nothing
 * is read from them, so that who floods, is cut off and connects anew has a share of the server's time that is bounded.
 * Who shares the address with it connects a second later; connections that are there are left alone.
 */
export class HeldBack {
  readonly #clock: Clock;
  readonly #floods: RecentFailures;
  readonly #held = new Set<Duplex>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#floods = new RecentFailures(clock, floodsAllowed);
  }

  /** How many are held back. */
  get size(): number {
    return this.#held.size;
  }

  /** Notes why a connection was ended. */
  onClosed(remote: Address, { origin, reason }: RpcError): void {
    if (origin === "local" && reason === "ENHANCE_YOUR_CALM") this.#floods.add(placeOf(remote));
  }

  /** Returns "no" where a connection may be read at once, "wait" where it is to be held first, "full" where too many are held. */
  judge(remote: Address): "no" | "wait" | "full" {
    if (!this.#floods.tooMany(placeOf(remote))) return "no";
    return this.#held.size < mostHeld ? "wait" : "full";
  }

  /** Holds a connection, then calls `goOn`; or `onGone`, where it has ended before or is ended by `endAll`. */
  hold(stream: Duplex, goOn: () => void, onGone: () => void): void {
    this.#held.add(stream);
    const gone = (): void => {
      timer.cancel();
      this.#held.delete(stream);
      onGone();
    };
    const timer = this.#clock.setTimer(() => {
      if (stream.destroyed) return;
      stream.off("close", gone);
      this.#held.delete(stream);
      goOn();
      stream.off("error", ignore);
    }, holdMs);
    timer.unref();
    stream.on("error", ignore);
    stream.on("close", gone);
  }

  endAll(): void {
    for (const stream of this.#held) stream.destroy();
  }
}

function ignore(): void {}
