import { connect, createServer, type NetConnectOpts, type Server, type Socket } from "node:net";
import { RpcError } from "../contract/errors.js";
import type { Address } from "../contract/registry.js";
import type { Listener, ReadHints, Refused } from "../contract/transport.js";
import { connectInPlace } from "./in-place.js";

/** Connections the kernel holds until they are accepted. */
const backlog = 1_024;

/** Where to listen: a host and port, or the path of a Unix socket. */
export type ListenAt = { readonly host: string; readonly port: number } | { readonly path: string };

/** Connects a socket. Rejects with `unavailable` / `CONNECT_FAILED`, or with the signal's reason; then nothing is left open. */
export function connectSocket(
  to: NetConnectOpts,
  address: Address,
  signal: AbortSignal,
  hints?: ReadHints,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const socket = hints?.inPlace === true ? connectInPlace(to, hints.landing) : connect(to);
    const settle = (): void => {
      signal.removeEventListener("abort", onAbort);
      socket.removeListener("connect", onConnect);
      socket.removeListener("error", onError);
    };
    const onConnect = (): void => {
      settle();
      resolve(socket);
    };
    const onError = (cause: Error): void => {
      settle();
      reject(connectFailed(address, reasonOf(cause), cause));
    };
    const onAbort = (): void => {
      settle();
      // Somebody has to hear the error of a socket that is torn down while it connects.
      socket.on("error", () => {});
      socket.destroy();
      reject(signal.reason);
    };
    socket.on("connect", onConnect);
    socket.on("error", onError);
    signal.addEventListener("abort", onAbort);
  });
}

/** Listens for sockets. `addressOf` says where, once it is known. Rejects with `unavailable` / `LISTEN_FAILED`. */
export function listenForSockets(
  at: ListenAt,
  address: Address,
  addressOf: (server: Server) => Address,
  accept: (socket: Socket) => void,
  refused: Refused | undefined,
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true, allowHalfOpen: false }, accept);
    server.once("error", (cause) => reject(listenFailed(address, reasonOf(cause), cause)));
    server.listen({ ...at, backlog }, () => resolve(listenerOf(server, addressOf(server), refused)));
  });
}

export function connectFailed(address: Address, why: string, cause?: Error): RpcError {
  return new RpcError("unavailable", `cannot connect to ${address}: ${why}`, {
    reason: "CONNECT_FAILED",
    processed: "no",
    endpoint: address,
    cause,
  });
}

export function listenFailed(address: Address, why: string, cause?: unknown): RpcError {
  return new RpcError("unavailable", `cannot listen on ${address}: ${why}`, {
    reason: "LISTEN_FAILED",
    processed: "no",
    endpoint: address,
    cause,
  });
}

function listenerOf(server: Server, address: Address, refused: Refused | undefined): Listener {
  // Running out of file descriptors arrives here; the socket is gone, the listener lives.
  server.removeAllListeners("error").on("error", (cause) => refused?.(notAccepted(address, cause), address));
  let closing: Promise<void> | undefined;
  return {
    address,
    close() {
      closing ??= new Promise((resolve) => {
        // The callback waits for every accepted socket, which live on: what is asked here is that none is accepted any more.
        server.close();
        setImmediate(resolve);
      });
      return closing;
    },
  };
}

function notAccepted(address: Address, cause: Error): RpcError {
  const message = `a connection to ${address} could not be accepted: ${reasonOf(cause)}; if that is EMFILE, raise \`ulimit -n\` or lower the option connections`;
  return new RpcError("resource_exhausted", message, { reason: "ACCEPT_FAILED", processed: "no", cause });
}

/** A system error's code says it shorter than its message does, and names no path. */
function reasonOf(cause: Error): string {
  const code = (cause as NodeJS.ErrnoException).code;
  return (code !== undefined && wellKnown[code]) || code || cause.message;
}

const wellKnown: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there (ECONNREFUSED)",
  ENOENT: "there is no such file or folder (ENOENT)",
  ENOTSOCK: "what is there is no socket (ENOTSOCK)",
  EACCES: "this user may not (EACCES)",
  EADDRINUSE: "the port is taken (EADDRINUSE)",
};
