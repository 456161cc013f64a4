import type { Clock, Timer } from "../contract/clock.js";
import type { Follower } from "./store.js";

/** Remembers between two looks whether something has changed, so that no change falls between them. */
export class Bell implements Follower {
  readonly #clock: Clock;
  #state: "quiet" | "changed" | { readonly lost: unknown } = "quiet";
  #wake = (): void => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  changed(): void {
    if (this.#state === "quiet") this.#state = "changed";
    this.#wake();
  }

  lost(reason: unknown): void {
    if (typeof this.#state === "string") this.#state = { lost: reason };
    this.#wake();
  }

  /** What follows is new again. Throws the reason where the store was lost. */
  listen(): void {
    if (typeof this.#state !== "string") throw this.#state.lost;
    this.#state = "quiet";
  }

  /** Resolves when something has changed since `listen`, when the store was lost, when `signal` aborts, or after so many ms. */
  heard(patienceMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || this.#state !== "quiet") return resolve();
      let timer: Timer | undefined;
      const done = (): void => {
        this.#wake = () => {};
        timer?.cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener("abort", done);
      timer = this.#clock.setTimer(done, patienceMs);
    });
  }
}
