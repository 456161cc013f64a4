import { connect, type NetConnectOpts, type Socket } from "node:net";

/** What is read at once, at most. */
const readBytes = 262_144;
/** What all such sockets read into: who hears of a chunk is done with it when the next one is read, of whichever socket. */
let shared: Buffer | undefined;

/**
 * Connects a socket whose chunks are good for the time of their "data" event only: they lie in memory that all such
 * sockets share, so that none is taken for each read, and none waits for the collector; or where `landing` says, as in
 * `ReadHints`.
 */
export function connectInPlace(to: NetConnectOpts, landing: () => Buffer | undefined = nowhere): Socket {
  shared ??= Buffer.allocUnsafeSlow(readBytes);
  const everywhere = shared;
  /** Whether whoever listens has heard all that was read. */
  let heard = false;
  const socket: Socket = connect({
    ...to,
    onread: {
      buffer: () => (heard ? (landing() ?? everywhere) : everywhere),
      callback(count, bytes) {
        const chunk = count === bytes.length ? (bytes as Buffer) : (bytes as Buffer).subarray(0, count);
        // Before anybody listens, and while it is paused, it waits in the stream, as always.
        heard = socket.readableFlowing === true && socket.readableLength === 0 && socket.listenerCount("data") > 0;
        if (!heard) return socket.push(Buffer.from(chunk));
        socket.emit("data", chunk);
        return true;
      },
    },
  });
  return socket;
}

function nowhere(): undefined {}
