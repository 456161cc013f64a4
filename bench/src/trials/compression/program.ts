import { bind, type Client, type Compression, connect, defineService, serve } from "@rpc/core";
import { answerQuestions } from "../../processes/answer-questions.js";
import { createOrder } from "./order.js";
import type { CompressionQuestions } from "./questions.js";

/* Either process of the trial of compression: `program.js server|client plain|deflate|lz4`. */

interface Echo {
  echo(order: unknown): unknown;
}

const EchoService = defineService<Echo>("Echo", { echo: {} });
const [side, way] = process.argv.slice(2);
const compression = way === "plain" ? false : (way as Compression);
const orders = Array.from({ length: 1_024 }, (_, number) => createOrder(number));
let echoing: Client<Echo> | undefined;
let writtenBytes = (): number => 0;

answerQuestions<CompressionQuestions>(
  {
    async open({ address }) {
      if (side === "server") {
        const server = await serve({ services: [bind(EchoService, { echo: (order) => order })], compression });
        writtenBytes = () => server.stats().total.traffic.writtenBytes;
        return server.address;
      }
      const connector = connect({ address, compression });
      writtenBytes = () => connector.stats().total.traffic.writtenBytes;
      echoing = connector.client(EchoService);
      return "";
    },
    async drive({ calls, inFlight }) {
      let begun = 0;
      const one = async (): Promise<void> => {
        while (begun < calls) await echoing!.echo(orders[begun++ % orders.length]);
      };
      await Promise.all(Array.from({ length: inFlight }, one));
      return null;
    },
    async spent() {
      const { user, system } = process.cpuUsage();
      return { writtenBytes: writtenBytes(), cpuUs: user + system };
    },
  },
  async () => {},
);
