import { setTimeout as delay } from "node:timers/promises";
import { bind, RpcError, type Server, serve } from "@rpc/core";
import { answerQuestions } from "../processes/answer-questions.js";
import { settledMemory } from "../processes/settled-memory.js";
import { LoadService } from "./load.js";
import type { SoakQuestions } from "./questions.js";

/* The server of a soak, which is restarted within its process: what a server leaves behind stays to be seen. */

const load = bind(LoadService, {
  echo: (value) => value,
  bytes: (count) => new Uint8Array(count),
  slow: (ms) => delay(ms, "done"),
  fails: (why) => {
    throw new RpcError("failed_precondition", why, { reason: "SOAKED", details: { why } });
  },
});

let server: Server | undefined;

async function listen(address: string): Promise<string> {
  server = await serve({ services: [load], listen: address, drainMs: 1_000 });
  return server.address;
}

const calls = (): Promise<never> => Promise.reject(new Error("This side serves."));

answerQuestions<SoakQuestions>(
  {
    listen: ({ address }) => listen(address),
    async restart() {
      const { address } = server!;
      await server!.close();
      await listen(address);
      return null;
    },
    memory: settledMemory,
    begin: calls,
    rest: calls,
  },
  async () => server?.close(),
);
