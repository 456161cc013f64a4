import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import test, { type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { atEnd } from "../wire/ground/at-end.js";
import { bytesOf, hello, open, request } from "../wire/raw/frames.js";
import { type Scene, scene, tally } from "./scene.js";

const MiB = 1_048_576;
const crowd = 100;
/** What each asks for: [0, 1 MiB] as MessagePack. */
const wanted = Buffer.from("9200ce00100000", "hex");
const answersWanted = 40;
/** The number that the server gives the method `large` when `Ledger` is opened. */
const large = 2;
const calls = 1_500;
/** How long a peer may take nothing of what waits for it, in ms; shorter than usual, so that the test is. */
const patienceMs = 2_000;
/** What may wait for a moment for one that reads. */
const littleBytes = 65_536;
/** What a machine that is busy with other things may add. */
const graceMs = 25;

/** A hundred clients that ask for 40 MiB each, and read nothing. Gone at the end of the test. */
function unread(t: TestContext, address: string): readonly Socket[] {
  const { hostname, port } = new URL(address);
  const words = Buffer.concat([
    bytesOf(hello()),
    bytesOf(open("Ledger", ["large"])),
    ...Array.from({ length: answersWanted }, (_, n) => bytesOf(request({ id: n + 2, method: large, body: wanted }))),
  ]);
  return Array.from({ length: crowd }, () => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.pause();
    socket.on("error", () => {});
    socket.write(words);
    atEnd(t, () => socket.destroy());
    return socket;
  });
}

/** The most that waited for one connection, until much has waited and nothing does any more, and how many connections that cost. */
async function mostUntilCut(server: Scene["server"]): Promise<{ mostBytes: number; cut: number }> {
  const startedAt = performance.now();
  let mostBytes = 0;
  let mostConnections = 0;
  for (;;) {
    const now = await server.ask("unsent", {});
    mostBytes = Math.max(mostBytes, now.mostBytes);
    mostConnections = Math.max(mostConnections, now.connections);
    const tookMs = performance.now() - startedAt;
    // Who had no more than the system takes for it, since its other calls were turned away, has nothing left to read.
    if (mostBytes > MiB && now.mostBytes < littleBytes) return { mostBytes, cut: mostConnections - now.connections };
    assert.ok(tookMs < 30_000, `${now.mostBytes} bytes still wait for one of ${now.connections} connections`);
    await delay(20);
  }
}

function p99(tookMs: number[]): number {
  tookMs.sort((a, b) => a - b);
  return tookMs[Math.ceil(tookMs.length * 0.99) - 1]!;
}

test("a hundred clients that ask for 1 MiB answers and never read are cut off, hold 16 MiB each at most, and cost the others no call and little time", async (t) => {
  const { server, client, address } = await scene(t, { server: { limits: { partialMs: patienceMs } } });
  const load = { address, calls, inFlight: 8, timeoutMs: 5_000, keep: true };
  const slice = async (number: number): Promise<number[]> => {
    const outcomes = await client.ask("load", { ...load, from: number * calls });
    assert.deepEqual(tally(outcomes), { answered: calls });
    return outcomes.map(({ tookMs }) => tookMs);
  };
  await slice(0);
  const alone = p99([...(await slice(1)), ...(await slice(2))]);
  unread(t, address);
  let ended = false;
  const held = mostUntilCut(server).finally(() => {
    ended = true;
  });
  const besideThem = async (): Promise<number[]> => {
    const took: number[] = [];
    for (let number = 3; !ended; number++) took.push(...(await slice(number)));
    return took;
  };
  const [{ mostBytes, cut }, took] = await Promise.all([held, besideThem()]);
  const beside = p99(took);
  assert.ok(mostBytes <= 16 * MiB, `${mostBytes / MiB} MiB waited for one of them`);
  assert.ok(cut > crowd / 2, `${cut} of ${crowd} were cut off`);
  assert.ok(beside <= 1.5 * alone + graceMs, `p99 ${beside} ms beside them, ${alone} ms alone`);
});
