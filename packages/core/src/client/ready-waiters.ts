import type { RpcError } from "../contract/errors.js";

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: RpcError) => void;
}

/** Who waits until a service can be called, without a call. */
export class ReadyWaiters {
  readonly #waiting = new Set<Waiter>();

  get size(): number {
    return this.#waiting.size;
  }

  wait(): Promise<void> {
    return new Promise((resolve, reject) => void this.#waiting.add({ resolve, reject }));
  }

  tell(): void {
    for (const { resolve } of this.#waiting) resolve();
    this.#waiting.clear();
  }

  fail(error: () => RpcError): void {
    for (const { reject } of this.#waiting) reject(error());
    this.#waiting.clear();
  }
}
