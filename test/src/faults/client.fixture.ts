import { answerQuestions } from "@rpc/bench/processes";
import { type Client, connect, RpcError } from "@rpc/core";
import {
  type Ledger,
  type LedgerQuestions,
  LedgerService,
  type LoadOptions,
  type Outcome,
  rightAnswer,
} from "./ledger.js";

/* The client of the tests of faults, in a process of its own. */

answerQuestions<LedgerQuestions>(
  {
    listen: () => Promise.reject(new Error("This side calls.")),
    ran: () => Promise.reject(new Error("This side calls.")),
    load,
  },
  async () => {},
);

async function load({
  address,
  calls,
  inFlight,
  timeoutMs,
  largeBytes = 0,
  connect: more,
}: LoadOptions): Promise<Outcome[]> {
  const connector = connect({ address, timeoutMs, ...more });
  const ledger = connector.client(LedgerService);
  const outcomes: Outcome[] = [];
  let made = 0;
  const lane = async (): Promise<void> => {
    while (made < calls) outcomes.push(await one(ledger, made++, largeBytes));
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  await connector.close();
  return outcomes;
}

async function one(ledger: Client<Ledger>, number: number, largeBytes: number): Promise<Outcome> {
  const method = largeBytes > 0 && number % 10 === 9 ? "large" : number % 2 === 0 ? "once" : "again";
  const startedAt = performance.now();
  const outcome = (was: string, error?: RpcError): Outcome => ({
    number,
    method,
    was,
    reason: error?.reason ?? "",
    processed: error?.processed ?? "yes",
    message: error?.message ?? "",
    tookMs: performance.now() - startedAt,
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
