import { bind, type Client, connect, defineService, serve } from "@rpc/core";
import { answerQuestions } from "../../processes/answer-questions.js";
import { settledMemory } from "../../processes/settled-memory.js";
import type { AttackQuestions } from "./questions.js";

/* The server that is attacked, with its defaults, and a client of it that means well. */

interface Echo {
  echo(value: string): string;
}

const EchoService = defineService<Echo>("Echo", { echo: {} });
const inFlight = 32;

let client: Client<Echo> | undefined;
let peakRss = 0;

answerQuestions<AttackQuestions>(
  {
    async open({ address }) {
      if (address === "") {
        setInterval(() => {
          peakRss = Math.max(peakRss, process.memoryUsage.rss());
        }, 50);
        const server = await serve({ services: [bind(EchoService, { echo: (value) => value })] });
        return server.address;
      }
      client = connect({ address }).client(EchoService);
      await client.echo("hello");
      return "";
    },
    async goodput({ forMs }) {
      const endAt = performance.now() + forMs;
      let answered = 0;
      const lane = async (): Promise<void> => {
        while (performance.now() < endAt) {
          if ((await client!.echo("what is honest")) !== "what is honest") throw new Error("A wrong answer.");
          answered++;
        }
      };
      await Promise.all(Array.from({ length: inFlight }, lane));
      return answered / (forMs / 1_000);
    },
    async peakRss() {
      const peak = Math.max(peakRss, process.memoryUsage.rss());
      peakRss = 0;
      return peak;
    },
    memory: settledMemory,
    attack: () => Promise.reject(new Error("This side is attacked.")),
    burn: () => Promise.reject(new Error("This side is attacked.")),
  },
  async () => {},
);
