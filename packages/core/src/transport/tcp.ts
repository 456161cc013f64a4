import { connect, createServer, type Server, type Socket } from "node:net";
import { RpcError } from "../contract/errors.js";
import type { Address } from "../contract/registry.js";
import type { Listener, Refused, Transport } from "../contract/transport.js";
import { hostPort, tcpAddress } from "./address.js";

/** Connections the kernel holds until they are accepted. */
const backlog = 1_024;

/** TCP sockets, `tcp://host:port`. Small writes leave at once: the outbox has gathered them already. */
export const tcp: Transport = {
  connect(address, signal) {
    const { host, port } = hostPort(address);
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const socket = connect({ host, port, noDelay: true });
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
        reject(
          new RpcError("unavailable", `cannot connect to ${address}: ${reasonOf(cause)}`, {
            reason: "CONNECT_FAILED",
            processed: "no",
            endpoint: address,
            cause,
          }),
        );
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
  },

  listen(address, accept, refused) {
    const { host, port } = hostPort(address);
    return new Promise((resolve, reject) => {
      const server = createServer({ noDelay: true, allowHalfOpen: false }, (socket) =>
        accept(socket, remoteOf(socket)),
      );
      server.once("error", (cause) =>
        reject(
          new RpcError("unavailable", `cannot listen on ${address}: ${reasonOf(cause)}`, {
            reason: "LISTEN_FAILED",
            processed: "no",
            endpoint: address,
            cause,
          }),
        ),
      );
      server.listen({ host, port, backlog }, () => resolve(listenerOf(server, refused)));
    });
  },
};

function listenerOf(server: Server, refused: Refused | undefined): Listener {
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new TypeError("a TCP listener has no port");
  const address = tcpAddress(bound.address, bound.port);
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

function remoteOf(socket: Socket): string {
  return tcpAddress(socket.remoteAddress ?? "unknown", socket.remotePort ?? 0);
}

/** A system error's code says it shorter than its message does, and names no path. */
function reasonOf(cause: Error): string {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === "ECONNREFUSED") return "nobody listens there (ECONNREFUSED)";
  if (code === "EADDRINUSE") return "the port is taken (EADDRINUSE)";
  return code ?? cause.message;
}
