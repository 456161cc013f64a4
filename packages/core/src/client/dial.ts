import type { Clock } from "../contract/clock.js";
import { RpcError } from "../contract/errors.js";
import type { Address } from "../contract/registry.js";
import type { Transport } from "../contract/transport.js";
import { Session } from "../session/session.js";
import type { SessionOptions } from "../session/session-options.js";
import type { SessionEvents } from "./link.js";

export interface DialOptions extends Omit<SessionOptions, "role" | "stream" | "address" | "listener"> {
  readonly transport: Transport;
  /** How long connecting may take, the hello included, in ms. */
  readonly connectMs: number;
}

/** Opens a connection and a session on it; resolves when the hello was answered, rejects with why it was not. */
export async function dial(
  address: Address,
  signal: AbortSignal,
  options: DialOptions,
  events: SessionEvents,
): Promise<Session> {
  const { transport, connectMs, clock } = options;
  const patience = limitedTo(connectMs, address, clock, signal);
  try {
    const stream = await transport.connect(address, patience.signal);
    return await new Promise<Session>((resolve, reject) => {
      let ready = false;
      const session = new Session({
        role: "dialler",
        stream,
        address,
        listener: {
          onReady() {
            ready = true;
            resolve(session);
          },
          onRetired: () => events.onRetired(),
          onClosed(error) {
            if (ready) events.onClosed(error);
            else reject(asFailedAttempt(error, address));
          },
        },
        // Last: spread first, every object would have a hidden class of its own.
        ...options,
      });
      patience.signal.addEventListener("abort", () => {
        if (!ready) session.close(patience.signal.reason as RpcError);
      });
    });
  } catch (cause) {
    throw cause instanceof RpcError ? cause : asFailedAttempt(cause, address);
  } finally {
    patience.stop();
  }
}

/** No request was ever written to a connection that did not become ready. */
function asFailedAttempt(cause: unknown, address: Address): RpcError {
  const known = cause instanceof RpcError ? cause : undefined;
  return new RpcError(known?.code ?? "unavailable", known?.message ?? `cannot connect to ${address}`, {
    reason: known?.reason ?? "CONNECT_FAILED",
    retryAfterMs: known?.retryAfterMs,
    processed: "no",
    endpoint: address,
    origin: known?.origin ?? "local",
    cause,
  });
}

function limitedTo(
  connectMs: number,
  address: Address,
  clock: Clock,
  outer: AbortSignal,
): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const onOuter = (): void => controller.abort(outer.reason);
  if (outer.aborted) onOuter();
  outer.addEventListener("abort", onOuter);
  const timer = clock.setTimer(() => {
    const message = `${address} did not answer the hello within connectMs ${connectMs}`;
    controller.abort(
      new RpcError("unavailable", message, { reason: "CONNECT_TIMEOUT", processed: "no", endpoint: address }),
    );
  }, connectMs);
  return {
    signal: controller.signal,
    stop() {
      timer.cancel();
      outer.removeEventListener("abort", onOuter);
    },
  };
}
