import type { Socket } from "node:net";

/**
 * Tears a connection down so that its other end sees a reset and nothing else. `resetAndDestroy` of node sends the end of
 * the stream first, which the other end hears as a proper close. That destroy resets where this flag is set is node's own
 * doing, undocumented: the proxy's tests hold it.
 */
export function sendReset(socket: Socket): void {
  Object.assign(socket, { resetAndClosing: true });
  socket.destroy();
}
