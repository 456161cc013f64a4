import type { Started } from "./guard.js";
import { type Child, type ChildOptions, openChild } from "./open-child.js";

/** A subject's server and client, each in a process of its own, connected. */
export interface Pair {
  readonly server: Child;
  readonly client: Child;
  /** Ends both at once. */
  kill(): Promise<void>;
  /** Lets both close by themselves, the client first. */
  end(): Promise<void>;
}

export interface PairOptions extends Pick<ChildOptions, "subject" | "against"> {
  /** Options of node itself for one of the sides. */
  readonly nodeOptions?: { readonly server?: readonly string[]; readonly client?: readonly string[] };
  /** Is given each process as soon as it runs, so that it can be ended whatever happens meanwhile. */
  readonly onChild: (child: Started) => void;
}

/** Starts a subject's two processes and connects them. Rejects when either cannot; then none is left running. */
export async function openPair({ subject, against, nodeOptions = {}, onChild }: PairOptions): Promise<Pair> {
  const server = openChild({ side: "server", subject, against, nodeOptions: nodeOptions.server ?? [] });
  onChild(server);
  const client = openChild({ side: "client", subject, against, nodeOptions: nodeOptions.client ?? [] });
  onChild(client);
  const kill = async (): Promise<void> => {
    await Promise.all([client.kill(), server.kill()]);
  };
  try {
    await client.ask("open", { address: await server.ask("open", { address: "" }) });
  } catch (cause) {
    await kill();
    throw cause;
  }
  const end = async (): Promise<void> => {
    await client.end();
    await server.end();
  };
  return { server, client, kill, end };
}
