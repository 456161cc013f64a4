import { answerQuestions, settledMemory } from "@rpc/bench/processes";
import { type Client, type Connector, connect, RpcError, tls } from "@rpc/core";
import { ownTime } from "../wire/ground/own-time.js";
import {
  type Ledger,
  type LedgerQuestions,
  LedgerService,
  type LoadOptions,
  type Outcome,
  rightAnswer,
} from "./ledger.js";

/* The client of the tests of faults, in a process of its own. */

const time = ownTime();
let kept: Connector | undefined;
let dials = 0;

answerQuestions<LedgerQuestions>(
  {
    listen: () => Promise.reject(new Error("This side calls.")),
    ran: () => Promise.reject(new Error("This side calls.")),
    unsent: () => Promise.reject(new Error("This side calls.")),
    dials: async () => dials,
    load,
    memory: settledMemory,
  },
  async () => {},
);

async function load(options: LoadOptions): Promise<Outcome[]> {
  const { address, from = 0, calls, inFlight, timeoutMs, largeBytes = 0, keep = false, ca, connect: more } = options;
  const transports = ca === undefined ? undefined : { tls: tls({ ca }) };
  const connector =
    (keep ? kept : undefined) ?? connect({ address, timeoutMs, ...(transports && { transports }), ...more });
  if (keep) kept = connector;
  const ledger = connector.client(LedgerService);
  const outcomes: Outcome[] = [];
  let next = from;
  const lane = async (): Promise<void> => {
    while (next < from + calls) outcomes.push(await one(ledger, next++, largeBytes));
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  if (!keep) {
    dials = connector.stats().dials.attempts;
    await connector.close();
  }
  return outcomes;
}

async function one(ledger: Client<Ledger>, number: number, largeBytes: number): Promise<Outcome> {
  const method = largeBytes > 0 && number % 10 === 9 ? "large" : number % 2 === 0 ? "once" : "again";
  const startedAt = time.now();
  const outcome = (was: string, error?: RpcError): Outcome => ({
    number,
    method,
    was,
    reason: error?.reason ?? "",
    processed: error?.processed ?? "yes",
    message: error?.message ?? "",
    tookMs: time.now() - startedAt,
  });
  try {
    if (method === "large") {
      const bytes = await ledger.large(number, largeBytes);
      const right = bytes.length === largeBytes && bytes[0] === (number & 0xff) && bytes.at(-1) === (number & 0xff);
      return outcome(right ? "answered" : "wrong");
    }
    return outcome((await ledger[method](number)) === rightAnswer(number) ? "answered" : "wrong");
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return outcome(error.code, error);
  }
}
