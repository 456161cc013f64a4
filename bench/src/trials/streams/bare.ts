import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Readable, Writable } from "node:stream";
import { withMsgpackr } from "../../subjects/bare.js";
import { readFrames } from "../../subjects/bare-incoming.js";
import { createSend } from "../../subjects/bare-outgoing.js";
import { chunkBytes, type Streams, type Tick, tickOf, type Whose } from "./whose.js";

/** Items that are framed before the event loop turns: as many as a page takes. */
const itemsPerTurn = 1_024;

/**
 * The baseline: each stream is a socket of its own. Items are framed, encoded by msgpackr and written as the calls of
 * the bare socket are; bytes are what `pipe` makes of them, on either side. The socket itself says when to wait.
 */
export const bareStreams: Whose = {
  async serve() {
    const ports = await Promise.all([listen(sendItems), listen(sendBytes)]);
    return ports.join();
  },

  async connect(address): Promise<Streams> {
    const [items, bytes] = address.split(",").map(Number) as [number, number];
    return {
      async items(count) {
        const socket = await open(items, count);
        let sum = 0;
        let seen = 0;
        readFrames(socket, (_, chunk, start, end) => {
          sum += (withMsgpackr.decode(chunk, start, end) as Tick).at;
          if (++seen === count) socket.destroy();
        });
        await once(socket, "close");
        return sum;
      },
      async bytes(totalBytes, taken) {
        const socket = await open(bytes, totalBytes);
        let seen = 0;
        if (taken === undefined) {
          const sink = new Writable({
            write(chunk: Buffer, _, done) {
              seen += chunk.length;
              done();
            },
          });
          await once(socket.pipe(sink), "finish");
        } else {
          for await (const chunk of socket as AsyncIterable<Buffer>) {
            seen += chunk.length;
            await taken(chunk.length);
          }
        }
        return seen;
      },
    };
  },

  heldBytes: () => 0,
};

/** Listens for sockets that say in four bytes how much they want. */
async function listen(send: (socket: Socket, count: number) => void): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", (asked: Buffer) => send(socket, asked.readUInt32LE()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function open(port: number, count: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  const asked = Buffer.alloc(4);
  asked.writeUInt32LE(count);
  socket.write(asked);
  return socket;
}

function sendItems(socket: Socket, count: number): void {
  const send = createSend(socket, withMsgpackr.encode);
  let sent = 0;
  const more = (): void => {
    for (let left = itemsPerTurn; left > 0 && sent < count; left--) send(sent, tickOf(sent++));
    if (sent === count || socket.destroyed) return;
    if (socket.writableNeedDrain) socket.once("drain", more);
    else setImmediate(more);
  };
  more();
}

function sendBytes(socket: Socket, totalBytes: number): void {
  const chunk = Buffer.alloc(chunkBytes, 7);
  let left = totalBytes;
  new Readable({
    highWaterMark: chunkBytes,
    read() {
      const now = Math.min(left, chunkBytes);
      left -= now;
      this.push(now === 0 ? null : chunk.subarray(0, now));
    },
  }).pipe(socket);
}
