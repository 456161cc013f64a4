import { setTimeout as delay } from "node:timers/promises";
import type { Memory } from "../processes/settled-memory.js";
import type { IdleQuestions } from "./idle/questions.js";
import { defineTrial, type Lab } from "./trial.js";

const connections = 5_000;
/** Opened before the first look: what the first connections bring with them is code, and stays when they go. */
const firstConnections = 200;
/** Longer than the silence after which a connection lets its buffers go. */
const idleMs = 6_500;

/** What connections cost that nobody uses, on the server and on a client that has as many connectors. */
export const idle = defineTrial({
  id: "idle",
  title: `${connections.toLocaleString("en")} idle connections, each after one call; a plain socket of node beside it`,
  figures: {
    server: {
      what: "memory (RSS) of each, server",
      unit: "KiB",
      goal: { kind: "atMost", must: 24, aim: 12 },
    },
    client: { what: "memory (RSS) of each and of its connector, client", unit: "KiB" },
    bareServer: { what: "of a plain socket, server", unit: "KiB" },
    bareClient: { what: "of a plain socket, client", unit: "KiB" },
    serverHeld: { what: "heap and buffers of each, server", unit: "KiB" },
    clientHeld: { what: "heap and buffers of each, client", unit: "KiB" },
  },
  async measure(lab) {
    const found = {
      server: [] as number[],
      client: [] as number[],
      bareServer: [] as number[],
      bareClient: [] as number[],
      serverHeld: [] as number[],
      clientHeld: [] as number[],
    };
    const rounds = lab.quick ? 1 : 3;
    for (let round = 0; round < rounds; round++) {
      lab.onProgress(`idle connections: round ${round + 1} of ${rounds}`);
      const core = await cost(lab, "core");
      const bare = await cost(lab, "bare");
      found.server.push(core.server.rssKiB);
      found.client.push(core.client.rssKiB);
      found.bareServer.push(bare.server.rssKiB);
      found.bareClient.push(bare.client.rssKiB);
      found.serverHeld.push(core.server.heldKiB);
      found.clientHeld.push(core.client.heldKiB);
    }
    return found;
  },
});

interface Cost {
  readonly rssKiB: number;
  readonly heldKiB: number;
}

async function cost({ openProgram }: Lab, name: string): Promise<{ server: Cost; client: Cost }> {
  const open = (side: string) =>
    openProgram<IdleQuestions>({
      file: new URL("./idle/program.js", import.meta.url),
      name: `${side} of ${name} connections`,
      args: [side, name],
    });
  const server = open("server");
  const client = open("client");
  await client.ask("open", { address: await server.ask("open", { address: "" }) });
  await client.ask("connect", { count: firstConnections });
  await delay(idleMs);
  const serverBefore = await server.ask("memory", {});
  const clientBefore = await client.ask("memory", {});
  await client.ask("connect", { count: connections }, 60_000);
  await delay(idleMs);
  const each = {
    server: difference(serverBefore, await server.ask("memory", {})),
    client: difference(clientBefore, await client.ask("memory", {})),
  };
  await Promise.all([client.kill(), server.kill()]);
  return each;
}

function difference(before: Memory, after: Memory): Cost {
  return {
    rssKiB: (after.rssBytes - before.rssBytes) / connections / 1_024,
    heldKiB: (after.heldBytes - before.heldBytes) / connections / 1_024,
  };
}
