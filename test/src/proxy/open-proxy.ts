import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Passage } from "./passage.js";
import type { Script } from "./script.js";
import { sendReset } from "./send-reset.js";

/** Stands between clients and a server, and does to their connections what a test asks for. */
export interface FaultProxy {
  /** Where clients connect to. */
  readonly address: string;
  /** All connections that reached the server, in the order in which they came. */
  readonly passages: readonly Passage[];
  /** Connections that came, those included that did not reach the server. */
  readonly accepted: number;
  /** Resolves to the connection of this number, counted from 0, as soon as it has come. */
  passage(number: number): Promise<Passage>;
  /** From now on connections are accepted, or closed as they come. */
  refuse(refusing: boolean): void;
  /** Accepts no more, and tears down what there is. */
  close(): Promise<void>;
}

export interface ProxyOptions {
  /** The server's address, `tcp://host:port`. */
  readonly target: string;
  /** What happens to the connection of this number, counted from 0. Defaults to nothing. */
  readonly script?: (number: number) => Script;
}

/** Listens on a port of its own on loopback. Rejects where it cannot. */
export async function openProxy({ target, script = () => ({}) }: ProxyOptions): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const passages: Passage[] = [];
  const sockets = new Set<Socket>();
  const waiting = new Set<() => void>();
  let accepted = 0;
  let refusing = false;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("close", () => sockets.delete(socket));
    // A reset is passed on by the passage, which hears of it in "close".
    socket.on("error", () => {});
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (near) => {
    keep(near);
    const number = accepted++;
    if (refusing) {
      near.destroy();
      return;
    }
    const far = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    keep(far);
    const onUnreached = (): void => sendReset(near);
    far.once("error", onUnreached);
    far.once("connect", () => {
      far.off("error", onUnreached);
      passages.push(new Passage(near, far, script(number)));
      for (const wake of waiting) wake();
      near.resume();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passages,
    get accepted() {
      return accepted;
    },
    async passage(number) {
      while (passages.length <= number) {
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            waiting.delete(wake);
            resolve();
          };
          waiting.add(wake);
        });
      }
      return passages[number]!;
    },
    refuse(yes) {
      refusing = yes;
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const passage of passages) passage.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
