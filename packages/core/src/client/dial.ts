import type { Duplex } from "node:stream";
import type { Clock } from "../contract/clock.js";
import { RpcError } from "../contract/errors.js";
import type { Address } from "../contract/registry.js";
import type { OnConnect, Transport } from "../contract/transport.js";
import { checkHelloSize } from "../session/handshake.js";
import { Session } from "../session/session.js";
import type { SessionOptions } from "../session/session-options.js";
import type { Ledger } from "../stats/ledger.js";
import { isDoneWhenWritten } from "../transport/done-when-written.js";
import { letThrough } from "../transport/let-through.js";
import { type CredentialsOption, checkWay, credentialsOf } from "./credentials.js";
import type { SessionEvents } from "./link.js";

export interface DialOptions extends Omit<SessionOptions, "role" | "stream" | "address" | "listener" | "credentials"> {
  readonly transport: Transport;
  /** Told of the session, from its first byte to its end. */
  readonly ledger: Pick<Ledger<Session>, "add" | "delete">;
  /** What to send in the hello, or how to come by it. */
  readonly proof: CredentialsOption | undefined;
  /** Whether credentials may be sent where others can read them. */
  readonly insecure: boolean;
  readonly onConnect: OnConnect | undefined;
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
  const { transport, ledger, connectMs, clock, proof, insecure } = options;
  const patience = limitedTo(connectMs, address, clock, signal);
  try {
    // Before there is a socket: a server does not wait for long, and what must not be sent needs none.
    if (proof !== undefined && !insecure) checkWay(address, transport);
    const credentials = proof === undefined ? undefined : await credentialsOf(proof, patience.signal);
    checkHelloSize({ ...options, role: "dialler", credentials });
    let session: Session | undefined;
    const stream = await openStream(address, patience.signal, options, () => session?.landing());
    return await new Promise<Session>((resolve, reject) => {
      let ready = false;
      const dialled = new Session({
        role: "dialler",
        stream,
        reusesPages: isDoneWhenWritten(stream),
        credentials,
        address,
        listener: {
          onReady() {
            ready = true;
            resolve(dialled);
          },
          onRetired: () => events.onRetired(),
          onSuspicion: (suspect) => events.onSuspicion(suspect),
          onClosed(error) {
            ledger.delete(dialled);
            if (ready) events.onClosed(error);
            else reject(asFailedAttempt(explained(error, address, transport), address));
          },
        },
        // Last: spread first, every object would have a hidden class of its own.
        ...options,
      });
      session = dialled;
      ledger.add(dialled);
      patience.signal.addEventListener("abort", () => {
        if (!ready) dialled.close(patience.signal.reason as RpcError);
      });
    });
  } catch (cause) {
    throw cause instanceof RpcError ? cause : asFailedAttempt(cause, address);
  } finally {
    patience.stop();
  }
}

async function openStream(
  address: Address,
  signal: AbortSignal,
  options: DialOptions,
  landing: () => Buffer | undefined,
): Promise<Duplex> {
  const { transport, onConnect } = options;
  // A session keeps nothing of what it reads; of a hook nobody knows.
  const stream = await transport.connect(address, signal, { inPlace: onConnect === undefined, landing });
  if (onConnect === undefined) return stream;
  try {
    return await letThrough(onConnect, { stream, address, remote: address, certificate: undefined, signal });
  } catch (cause) {
    if (cause instanceof RpcError) throw cause;
    throw new RpcError("unavailable", `onConnect refused the connection to ${address}`, {
      reason: "REFUSED_BY_ON_CONNECT",
      cause,
    });
  }
}

/** What broke the stream may mean more than its code says, and only its transport knows. */
function explained(error: RpcError, address: Address, transport: Transport): RpcError {
  return (error.cause instanceof Error && transport.explain?.(error.cause, address)) || error;
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
  // Reads come first: after a stall of this process the answer may be there.
  const timer = clock.setTimer(
    () =>
      clock.afterReads(() => {
        const message = `${address} did not answer the hello within connectMs ${connectMs}`;
        controller.abort(
          new RpcError("unavailable", message, { reason: "CONNECT_TIMEOUT", processed: "no", endpoint: address }),
        );
      }),
    connectMs,
  );
  return {
    signal: controller.signal,
    stop() {
      timer.cancel();
      outer.removeEventListener("abort", onOuter);
    },
  };
}
