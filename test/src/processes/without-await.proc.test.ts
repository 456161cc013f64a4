import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import test, { type TestContext } from "node:test";
import { atEnd } from "../wire/ground/at-end.js";
import type { ProducerSays, ProducerTask } from "./producer.js";
import type { ServerSays, ServerTask } from "./server.fixture.js";

const MiB = 1_024 * 1_024;
const calls = process.env["RPC_LONG"] === undefined ? 100_000 : 1_000_000;
const warmUp = 5_000;
/** The producer may hold this much, and ends where it needs more: 100,000 calls that were kept would be three times that. */
const heapMiB = 96;
/** The defaults of `limits.inFlight` and `limits.sendQueueEntries`. */
const inFlight = 1_024;
const sendQueueEntries = 4_096;

/** Resolves to what the process says next; rejects where it ends instead. */
function said<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once("message", (says) => resolve(says as T));
    child.once("exit", (code, signal) => reject(new Error(`the process ended with ${signal ?? `code ${code}`}`)));
  });
}

/** Lets one process call another as it is told; returns what both say. */
async function produced(t: TestContext, task: Omit<ProducerTask, "address" | "calls">) {
  const serverTask: ServerTask = { listen: "tcp://127.0.0.1:0" };
  const server = fork(new URL("./server.fixture.js", import.meta.url), {
    env: { ...process.env, RPC_TEST_SERVER: JSON.stringify(serverTask) },
  });
  atEnd(t, () => void server.kill("SIGKILL"));
  const started = await said<ServerSays>(server);
  assert.ok("address" in started);
  const whole: ProducerTask = { ...task, address: started.address, calls };
  const producer = fork(new URL("./producer.fixture.js", import.meta.url), {
    env: { ...process.env, RPC_TEST_PRODUCER: JSON.stringify(whole) },
    execArgv: [`--max-old-space-size=${heapMiB}`, "--max-semi-space-size=16"],
  });
  atEnd(t, () => void producer.kill("SIGKILL"));
  const says = await said<ProducerSays>(producer);
  server.send("how many?");
  const served = await said<ServerSays>(server);
  assert.ok("ran" in served);
  return { ...says, ran: served.ran - warmUp };
}

/** With the heap, and what it leaves behind until it is collected, of buffers too. */
function costsLittle({ rssBytes, rssBeforeBytes }: ProducerSays): void {
  const grown = (rssBytes - rssBeforeBytes) / MiB;
  assert.ok(grown < 2 * heapMiB, `it grew by ${grown} MiB`);
}

test(`${calls} calls that nobody awaits fail, the oldest unwritten first, where the queue is full; the others are answered`, async (t) => {
  const says = await produced(t, { perTurn: 10_000, whenFull: "evict", underWay: calls });
  assert.deepEqual(Object.keys(says.failed), ["QUEUE_EVICTED"]);
  assert.equal(says.answered + says.failed["QUEUE_EVICTED"]!, calls);
  assert.equal(says.queueEntries, sendQueueEntries, "the queue was full, and never more than that");
  assert.ok(says.answered >= inFlight + sendQueueEntries);
  assert.ok(says.oldestFirst);
  assert.ok(says.lastEvicted < calls - sendQueueEntries, "the newest stayed");
  assert.deepEqual([says.uncertain, says.ran], [0, says.answered], "what was evicted certainly never ran");
  costsLittle(says);
});

test(`${calls} calls of a producer that waits for room are all answered, and its queue is no longer than others`, async (t) => {
  const says = await produced(t, { perTurn: 10_000, whenFull: "wait", underWay: 20_000 });
  assert.deepEqual(says.failed, {});
  assert.deepEqual([says.answered, says.ran], [calls, calls]);
  assert.equal(says.queueEntries, sendQueueEntries);
  costsLittle(says);
});
