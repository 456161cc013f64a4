import assert from "node:assert/strict";
import { connect } from "node:net";
import test, { type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { connect as secure } from "node:tls";
import { certify } from "../trust/certificates/certificate.js";
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
/** So long that no call waits a tenth of it: what is turned away since the whole machine is slow says nothing of the crowd. */
const timeoutMs = 120_000;
/** How long a peer may take nothing of what waits for it, in ms; shorter than usual, so that the test is. */
const patienceMs = 2_000;
/** What may wait for a moment for one that reads. */
const littleBytes = 65_536;
/** What a machine that is busy with other things may add. */
const graceMs = 25;

/** A hundred clients that ask for 40 MiB each, and read nothing. Gone at the end of the test. */
function unread(t: TestContext, address: string, ca: string | undefined): void {
  const { hostname: host, port } = new URL(address);
  const words = Buffer.concat([
    bytesOf(hello()),
    bytesOf(open("Ledger", ["large"])),
    ...Array.from({ length: answersWanted }, (_, n) => bytesOf(request({ id: n + 2, method: large, body: wanted }))),
  ]);
  const at = { host, port: Number(port) };
  for (let n = 0; n < crowd; n++) {
    const socket = ca === undefined ? connect(at) : secure({ ...at, ca, ALPNProtocols: ["rpc"] });
    socket.on("error", () => {});
    // A handshake has to be read.
    if (ca === undefined) socket.pause();
    else socket.once("secureConnect", () => socket.pause());
    socket.write(words);
    atEnd(t, () => socket.destroy());
  }
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

interface Round {
  readonly mostBytes: number;
  readonly cut: number;
  /** 99 of 100 calls of others took at most so long, in ms. */
  readonly alone: number;
  readonly beside: number;
}

/** What a crowd over this transport costs. */
async function rounds(t: TestContext, { server, client, address }: Scene, ca?: string): Promise<readonly Round[]> {
  const load = { address, calls, inFlight: 8, timeoutMs, keep: true, ...(ca !== undefined && { ca }) };
  let next = 0;
  const slice = async (): Promise<number[]> => {
    const outcomes = await client.ask("load", { ...load, from: next++ * calls }, timeoutMs);
    assert.deepEqual(tally(outcomes), { answered: calls });
    return outcomes.map(({ tookMs }) => tookMs);
  };
  const round = async (): Promise<Round> => {
    await slice();
    const alone = p99([...(await slice()), ...(await slice())]);
    unread(t, address, ca);
    let ended = false;
    const held = mostUntilCut(server).finally(() => {
      ended = true;
    });
    const besideThem = async (): Promise<number[]> => {
      const took: number[] = [];
      while (!ended) took.push(...(await slice()));
      return took;
    };
    const [most, took] = await Promise.all([held, besideThem()]);
    return { ...most, alone, beside: p99(took) };
  };
  const all = [await round()];
  // What else the machine does now and then is not the crowd's: that would cost as much each time.
  while (all.length < mostRounds && !isLittle(all.at(-1)!)) all.push(await round());
  return all;
}

const mostRounds = 3;
const isLittle = ({ alone, beside }: Round): boolean => beside <= 1.5 * alone + graceMs;

for (const over of ["tcp", "tls"] as const) {
  test(`a hundred clients that ask for 1 MiB answers over ${over} and never read are cut off, hold 16 MiB each at most, and cost the others no call and little time`, async (t) => {
    const limits = { partialMs: patienceMs };
    const { certificate, key } = certify({ name: "crowded", altNames: ["IP:127.0.0.1"] });
    const secured = over === "tls" && { listen: "tls://127.0.0.1:0", secrets: { certificate, key } };
    const made = await scene(t, { server: { limits, ...secured } });
    const found = await rounds(t, made, secured ? certificate : undefined);
    for (const { mostBytes, cut } of found) {
      assert.ok(mostBytes <= 16 * MiB, `${mostBytes / MiB} MiB waited for one of them`);
      assert.ok(cut > crowd / 2, `${cut} of ${crowd} were cut off`);
    }
    assert.ok(
      found.some(isLittle),
      found.map(({ alone, beside }) => `p99 ${beside} ms beside them, ${alone} ms alone`).join("; "),
    );
  });
}
