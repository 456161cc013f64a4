import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { type Child, createChildren } from "./children.js";
import type { Message } from "./messages.js";

const serverScript = new URL("../server.js", import.meta.url);
const clientScript = new URL("../client.js", import.meta.url);

export interface ShopOptions {
  /** An empty folder for all that the processes leave on the disk; its name is their cluster's. */
  readonly folder: string;
  readonly servers: readonly string[];
  /** Orders that the client sends in a second. */
  readonly rate: number;
  readonly onMessage: (message: Message) => void;
  readonly onTrouble: (error: Error) => void;
}

/** The processes of one shop. */
export interface Shop {
  readonly store: string;
  readonly ledger: string;
  /** Starts all servers, then the client. Resolves when it is about to send its first order. */
  open(): Promise<void>;
  /** Kills a server as `kill -9` does. Resolves, when it is gone, with the id its process had. */
  kill(server: string): Promise<number>;
  /** Starts a server that was killed. Resolves, when it is registered, with the id of its process. */
  restart(server: string): Promise<number>;
  /** Lets the client settle its calls and end, then the servers. Rejects unless all end as they should. */
  close(): Promise<void>;
  /** Kills what still runs. */
  killAll(): Promise<void>;
}

/** Returns a shop, none of whose processes runs yet. */
export function createShop({ folder, servers, rate, onMessage, onTrouble }: ShopOptions): Shop {
  const path = (name: string) => join(folder, name);
  const [store, ledger, logs] = [path("store"), path("ledger"), path("logs")];
  for (const made of [store, ledger, logs]) mkdirSync(made);
  const env = {
    ...process.env,
    SHOP_STORE: store,
    SHOP_LEDGER: ledger,
    SHOP_REGISTRY: path("registry"),
    SHOP_CLUSTER: basename(folder),
    SHOP_RATE: String(rate),
  };
  const children = createChildren({ logs, env, onMessage, onTrouble });
  const running = new Map<string, Child>();

  const start = async (server: string): Promise<number> => {
    const child = await children.start(server, serverScript, { SHOP_SERVER: server });
    running.set(server, child);
    return child.pid;
  };

  return {
    store,
    ledger,
    open: async () => {
      await Promise.all(servers.map(start));
      running.set("client", await children.start("client", clientScript));
    },
    kill: async (server) => {
      const child = running.get(server)!;
      await child.kill();
      return child.pid;
    },
    restart: start,
    close: async () => {
      await running.get("client")!.end();
      await Promise.all(servers.map((server) => running.get(server)!.end()));
    },
    killAll: children.killAll,
  };
}
