import { connect, type NetConnectOpts, type Socket } from "node:net";

/** As much as Node reads at once. */
const readBytes = 65_536;
/** What all such sockets read into: who hears of a chunk is done with it when the next one is read, of whichever socket. */
let shared: Buffer | undefined;

/**
 * Connects a socket whose chunks are good for the time of their "data" event only: they lie in memory that all such
 * sockets share, so that none is taken for each read, and none waits for the collector.
 */
export function connectInPlace(to: NetConnectOpts): Socket {
  shared ??= Buffer.allocUnsafeSlow(readBytes);
  const socket: Socket = connect({
    ...to,
    onread: {
      buffer: shared,
      callback(count, bytes) {
        const chunk = (bytes as Buffer).subarray(0, count);
        // Before anybody listens, and while it is paused, it waits in the stream, as always.
        const flows = socket.readableFlowing === true && socket.readableLength === 0;
        if (!flows || socket.listenerCount("data") === 0) return socket.push(Buffer.from(chunk));
        socket.emit("data", chunk);
        return true;
      },
    },
  });
  return socket;
}
