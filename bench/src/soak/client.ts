import { setTimeout as delay } from "node:timers/promises";
import { type Client, type Connector, connect, RpcError, withOptions } from "@rpc/core";
import { answerQuestions } from "../processes/answer-questions.js";
import { settledMemory } from "../processes/settled-memory.js";
import { seededRandom } from "../statistics/random.js";
import { type Load, LoadService } from "./load.js";
import type { SoakQuestions } from "./questions.js";

/* The client of a soak: connections come and go, calls are answered, cancelled, expire and fail, large and small. */

const lanes = 24;
/** Connectors that live for a while; each is closed, and replaced, after so many calls. */
const connectors = 4;
const callsEach = 400;

const random = seededRandom(1);
let address = "";
let isOn = false;
let running: Promise<unknown>[] = [];
let tally: Record<string, number> = {};

/** A connector, and what may still be called through it. */
interface Line {
  readonly connector: Connector;
  readonly load: Client<Load>;
  left: number;
}

const lines: Line[] = [];

answerQuestions<SoakQuestions>(
  {
    async begin(ask) {
      address = ask.address;
      isOn = true;
      for (let line = 0; line < connectors; line++) lines.push(openLine());
      running = Array.from({ length: lanes }, lane);
      return null;
    },
    async rest() {
      isOn = false;
      await Promise.all(running);
      await Promise.all(lines.splice(0).map(({ connector }) => connector.close()));
      running = [];
      const counted = tally;
      tally = {};
      return counted;
    },
    memory: settledMemory,
    listen: () => Promise.reject(new Error("This side calls.")),
    restart: () => Promise.reject(new Error("This side calls.")),
  },
  async () => {},
);

function openLine(): Line {
  const connector = connect({ address, timeoutMs: 2_000 });
  return { connector, load: connector.client(LoadService), left: callsEach };
}

async function lane(): Promise<void> {
  while (isOn) {
    const place = Math.floor(random() * lines.length);
    const line = lines[place]!;
    const closing = --line.left === 0 ? line.connector : undefined;
    if (closing !== undefined) lines[place] = openLine();
    const call = count(one(line.load));
    // Closed while calls are under way, the other lanes' too: none may be lost by that.
    await Promise.all([call, closing?.close()]);
  }
}

async function one(load: Client<Load>): Promise<unknown> {
  const dice = random();
  if (dice < 0.6) return load.echo({ number: dice, text: "small", list: [1, 2, 3] });
  if (dice < 0.7) return load.bytes(Math.floor(random() * 200_000));
  if (dice < 0.75) return load.echo("x".repeat(Math.floor(random() * 300_000)));
  if (dice < 0.85) return load.fails(`number ${dice}`);
  if (dice < 0.93) return withOptions(load, { timeoutMs: 5 }).slow(20);
  const given = new AbortController();
  const call = withOptions(load, { signal: given.signal }).slow(30);
  // It may fail before it is awaited, where its connector is closed meanwhile.
  call.catch(() => {});
  await delay(Math.floor(random() * 10));
  given.abort();
  return call;
}

async function count(call: Promise<unknown>): Promise<void> {
  const name = await call.then(
    () => "ok",
    (error: unknown) => (error instanceof RpcError ? `${error.code} ${error.reason}` : String(error)),
  );
  tally[name] = (tally[name] ?? 0) + 1;
}
