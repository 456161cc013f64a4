import type { Server, Socket } from "node:net";
import type { Address } from "../contract/registry.js";
import type { Transport } from "../contract/transport.js";
import { hostPort, portAddress } from "./address.js";
import { connectSocket, listenForSockets } from "./sockets.js";

/** TCP sockets, `tcp://host:port`. Small writes leave at once: the outbox has gathered them already. */
export const tcp: Transport = {
  connect: (address, signal, hints) => connectSocket({ ...hostPort(address), noDelay: true }, address, signal, hints),

  listen: async (address, accept, { refused } = {}) =>
    listenForSockets(
      hostPort(address),
      address,
      (server) => boundAddress("tcp", server),
      (socket) => accept(socket, remoteAddress("tcp", socket)),
      refused,
    ),
};

/** Returns where a server of TCP sockets really listens. */
export function boundAddress(scheme: string, server: Server): Address {
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new TypeError("a TCP listener has no port");
  return portAddress(scheme, bound.address, bound.port);
}

/** Returns where the other end of a TCP socket is. */
export function remoteAddress(scheme: string, socket: Socket): Address {
  return portAddress(scheme, socket.remoteAddress ?? "unknown", socket.remotePort ?? 0);
}
