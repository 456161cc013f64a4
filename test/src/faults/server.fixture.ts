import { answerQuestions, settledMemory } from "@rpc/bench/processes";
import { bind, type Server, serve, tls } from "@rpc/core";
import { type LedgerQuestions, LedgerService, rightAnswer } from "./ledger.js";

/* The server of the tests of faults, in a process of its own. */

const ran = new Map<number, number>();
let server: Server | undefined;

function note(number: number): void {
  ran.set(number, (ran.get(number) ?? 0) + 1);
}

function answer(number: number): number {
  note(number);
  return rightAnswer(number);
}

answerQuestions<LedgerQuestions>(
  {
    async listen({ secrets, ...options }) {
      const ledger = bind(LedgerService, {
        once: answer,
        again: answer,
        large(number, bytes) {
          note(number);
          return new Uint8Array(bytes).fill(number & 0xff);
        },
      });
      const transports = secrets && { tls: tls(secrets) };
      server = await serve({ services: [ledger], drainMs: 500, ...options, ...(transports && { transports }) });
      return server.address;
    },
    ran: async () => Object.fromEntries(ran),
    async unsent() {
      const { connections } = server!.stats();
      const mostBytes = connections.reduce((most, { unsentBytes }) => Math.max(most, unsentBytes), 0);
      return { mostBytes, connections: connections.length };
    },
    memory: settledMemory,
    dials: () => Promise.reject(new Error("This side serves.")),
    load: () => Promise.reject(new Error("This side serves.")),
  },
  async () => server?.close(),
);
