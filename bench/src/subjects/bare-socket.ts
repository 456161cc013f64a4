import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { readFrames } from "./bare-incoming.js";
import { createSend, type Out } from "./bare-outgoing.js";
import { handlers, type Subject } from "./subject.js";

/** How a bare socket turns values into bytes. */
export interface Encoding {
  encode(value: unknown, out: Out): void;
  decode(bytes: Buffer, start: number, end: number): unknown;
}

/** How a bare socket comes to be, on either side. */
export interface Plug {
  listen(accept: (socket: Socket) => void): Server;
  /** Resolves when bytes can be sent. */
  connect(port: number): Promise<Socket>;
}

interface Pending {
  resolve(answer: unknown): void;
  reject(cause: Error): void;
}

const tcpPlug: Plug = {
  listen: (accept) => createServer(accept),
  async connect(port) {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return socket;
  },
};

/**
 * Returns the baseline: what a careful engineer writes in a hundred lines when calls shall be fast and need nothing
 * else. No names, errors, limits, deadlines or liveness; a listener for each workload takes the place of method names.
 */
export function bareSocket({ encode, decode }: Encoding, plug: Plug = tcpPlug): Subject {
  function listen(handler: (input: never) => Promise<unknown>): Promise<Server> {
    const server = plug.listen((socket) => {
      socket.setNoDelay(true);
      socket.on("error", () => socket.destroy());
      const send = createSend(socket, encode);
      const fail = (): unknown => socket.destroy();
      readFrames(socket, (id, bytes, start, end) => {
        const run = handler as (input: unknown) => Promise<unknown>;
        run(decode(bytes, start, end)).then((answer) => send(id, answer), fail);
      });
    });
    server.listen(0, "127.0.0.1");
    return once(server, "listening").then(() => server);
  }

  async function open(port: number): Promise<{ socket: Socket; call: (input: unknown) => Promise<unknown> }> {
    const socket = await plug.connect(port);
    socket.setNoDelay(true);
    const send = createSend(socket, encode);
    const pending = new Map<number, Pending>();
    let lastId = 0;
    readFrames(socket, (id, bytes, start, end) => {
      const waiting = pending.get(id);
      pending.delete(id);
      waiting?.resolve(decode(bytes, start, end));
    });
    const fail = (cause?: Error): void => {
      for (const waiting of pending.values()) waiting.reject(cause ?? new Error("The connection was closed."));
      pending.clear();
    };
    socket.on("error", fail).on("close", () => fail());
    const call = (input: unknown): Promise<unknown> =>
      new Promise((resolve, reject) => {
        lastId = (lastId + 1) >>> 0;
        pending.set(lastId, { resolve, reject });
        send(lastId, input);
      });
    return { socket, call };
  }

  return {
    async serve() {
      const add = ([a, b]: readonly [number, number]): Promise<number> => handlers.add(a, b);
      const offered = [handlers.echo, add, handlers.body, handlers.bytes];
      const servers = await Promise.all(
        offered.map((handler) => listen(handler as (input: never) => Promise<unknown>)),
      );
      const ports = servers.map((server) => (server.address() as AddressInfo).port);
      const close = async (): Promise<void> => {
        for (const server of servers) server.close();
      };
      return { address: ports.join(), close };
    },

    async connect(address) {
      const [echo, add, body, bytes] = await Promise.all(address.split(",").map((port) => open(Number(port))));
      return {
        calls: {
          echo: echo!.call as (message: unknown) => Promise<never>,
          add: (a, b) => add!.call([a, b]) as Promise<number>,
          body: body!.call,
          bytes: bytes!.call as (count: number) => Promise<never>,
        },
        async close() {
          for (const connection of [echo, add, body, bytes]) connection!.socket.destroy();
        },
      };
    },
  };
}
