import type { Duplex } from "node:stream";
import type { Clock } from "../contract/clock.js";
import { RpcError } from "../contract/errors.js";
import type { PeerCertificate } from "../contract/identity.js";
import type { Logger } from "../contract/logger.js";
import type { Address } from "../contract/registry.js";
import type { OnConnect } from "../contract/transport.js";
import { letThrough } from "../transport/let-through.js";

/** Connections that the user's `onConnect` is looking at. */
export class Arrivals {
  readonly #hook: OnConnect;
  readonly #helloMs: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #waiting = new Set<AbortController>();

  constructor(hook: OnConnect, helloMs: number, clock: Clock, logger: Logger) {
    this.#hook = hook;
    this.#helloMs = helloMs;
    this.#clock = clock;
    this.#logger = logger;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves to the stream to use, or to undefined where the connection was refused, which is logged. */
  async letIn(
    stream: Duplex,
    address: Address,
    remote: Address,
    certificate: PeerCertificate | undefined,
  ): Promise<Duplex | undefined> {
    const patience = new AbortController();
    this.#waiting.add(patience);
    const timer = this.#clock.setTimer(() => patience.abort(tooSlow(this.#helloMs)), this.#helloMs);
    timer.unref();
    try {
      return await letThrough(this.#hook, { stream, address, remote, certificate, signal: patience.signal });
    } catch (error) {
      this.#logger.warn("onConnect let a connection not in", { peer: remote, error: String(error).slice(0, 1_024) });
      return undefined;
    } finally {
      timer.cancel();
      this.#waiting.delete(patience);
    }
  }

  /** Lets nobody in who is waiting. */
  refuseAll(error: RpcError): void {
    for (const patience of this.#waiting) patience.abort(error);
  }
}

function tooSlow(helloMs: number): RpcError {
  return new RpcError("unavailable", `onConnect did not end within limits.helloMs ${helloMs}`, {
    reason: "HELLO_TIMEOUT",
    processed: "no",
  });
}
