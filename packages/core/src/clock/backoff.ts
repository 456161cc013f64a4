import type { Random } from "../contract/clock.js";

export interface BackoffOptions {
  /** The first wait, in ms. Defaults to 100. */
  readonly firstMs?: number;
  /** The longest wait, in ms. Defaults to 30 000. */
  readonly longestMs?: number;
  /** What each wait is longer than the one before. Defaults to 1.6. */
  readonly factor?: number;
  /** Share by which a wait is made shorter or longer by chance. Defaults to 0.2. */
  readonly jitter?: number;
}

/** Waits that grow, with jitter, after gRPC's connection backoff (grpc/doc/connection-backoff.md) with a shorter first wait. */
export class Backoff {
  readonly #options: Required<BackoffOptions>;
  readonly #random: Random;
  #nextMs: number;

  constructor(options: BackoffOptions, random: Random) {
    const { firstMs = 100, longestMs = 30_000, factor = 1.6, jitter = 0.2 } = options;
    this.#options = { firstMs, longestMs, factor, jitter };
    this.#random = random;
    this.#nextMs = this.#options.firstMs;
  }

  /** Returns how long to wait now, in ms. */
  next(): number {
    const { longestMs, factor, jitter } = this.#options;
    const waitMs = this.#nextMs * (1 + jitter * (2 * this.#random() - 1));
    this.#nextMs = Math.min(this.#nextMs * factor, longestMs);
    return waitMs;
  }

  /** It went well for a while: the next wait is the first again. */
  reset(): void {
    this.#nextMs = this.#options.firstMs;
  }
}
