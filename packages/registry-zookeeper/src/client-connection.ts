import { connect as connectTcp, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { Client } from "node-zookeeper-client";

/** How long a server may take to open a session, in ms, before another one is tried, where answers may not take longer. */
const shortestMs = 1_500;

/** What the client calls CONNECTING, CONNECTED and CLOSING. */
const connecting = 1;
export const connected = 2;
const closing = -1;

/** What the client keeps its connection with. Not among its types, because it is not meant to be used; its faults are there. */
export interface ClientConnection {
  state: number;
  socket: Socket | undefined;
  pendingBuffer: Buffer | null;
  zxid: Buffer;
  watcherManager: { dataWatchers: object; childWatchers: object; existenceWatchers: object };
  connect(): void;
  setState(state: number): void;
  findNextServer(found: (server: { readonly host: string; readonly port: number }) => void): void;
  onSocketConnected(): void;
  onSocketData(bytes: Buffer): void;
  onSocketDrain(): void;
  onSocketClosed(hadError: boolean): void;
}

export const connectionOf = (client: Client): ClientConnection =>
  (client as unknown as { connectionManager: ClientConnection }).connectionManager;

/**
 * Makes a client connect in another way than its own, which waits for ever where a server takes the connection and does not
 * answer, takes the rest of a reply that was cut off for the beginning of the next, and knows no TLS.
 */
export function connectSafely(
  connection: ClientConnection,
  tls: ConnectionOptions | undefined,
  timeoutMs: number,
): void {
  connection.connect = () => {
    connection.setState(connecting);
    connection.findNextServer(({ host, port }) => {
      if (connection.state !== connecting) return;
      const socket =
        tls === undefined
          ? connectTcp({ host, port })
          : connectTls({ ...(isIP(host) === 0 && { servername: host }), ...tls, host, port, rejectUnauthorized: true });
      const late = setTimeout(
        () => {
          if (connection.state === connecting) socket.destroy();
        },
        Math.max(timeoutMs, shortestMs),
      );
      connection.socket = socket;
      connection.pendingBuffer = null;
      // What it has seen is no matter, since all is read again: a ZooKeeper that lost its data would refuse it for ever.
      connection.zxid = Buffer.alloc(8);
      socket.setNoDelay(true);
      socket.once(tls === undefined ? "connect" : "secureConnect", () => connection.onSocketConnected());
      socket.on("data", (bytes: Buffer) => take(connection, socket, bytes));
      socket.on("drain", () => connection.onSocketDrain());
      socket.on("error", () => {}); // "close" follows
      socket.on("close", (hadError) => {
        clearTimeout(late);
        if (connection.socket === socket) connection.onSocketClosed(hadError);
      });
    });
  };
}

/** Gives up what is not connected: the client would go on connecting for ever. */
export function giveUp(connection: ClientConnection): void {
  connection.setState(closing);
  connection.socket?.destroy();
}

function take(connection: ClientConnection, socket: Socket, bytes: Buffer): void {
  try {
    connection.onSocketData(bytes);
  } catch {
    socket.destroy(); // no reply of ZooKeeper's
  }
}
