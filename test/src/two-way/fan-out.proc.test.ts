import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const long = process.env["RPC_LONG"] !== undefined;
const listeners = long ? 10_000 : 2_000;
const deaf = 50;
const messages = long ? 100 : 10;
/** After so long no further message is begun, once there were `leastMessages`. */
const mostMs = 240_000;
const leastMessages = 10;
const KiB = 1_024;
/** What the process itself grows by, however many peers there are: pools of pages, compiled code. */
const fixedBytes = 64 * KiB * KiB;

/** What the process prints. */
interface Figures {
  readonly messages: number;
  readonly heard: number;
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly peerBytes: number;
  readonly grownBytes: number;
  readonly mostBytes: number;
  readonly aSecond: number;
  readonly queueEntries: number;
  readonly queueBytes: number;
  readonly unsentBytes: number;
  readonly peers: number;
  readonly peersLeft: number;
}

test(`one loop tells ${listeners} peers ${messages} things, of whom ${deaf} never read: who reads hears all, memory is bounded, who takes nothing is dropped`, async () => {
  const script = fileURLToPath(new URL("fan-out.fixture.js", import.meta.url));
  const args = [script, listeners, deaf, messages, mostMs].map(String);
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 2 * mostMs });
  const figures = JSON.parse(stdout) as Figures;
  console.log(stdout.trim());
  const { heard, accepted, peerBytes, grownBytes, mostBytes, queueEntries, queueBytes, unsentBytes } = figures;
  assert.ok(figures.messages >= leastMessages, `${figures.messages} messages in ${mostMs} ms`);
  assert.equal(heard, listeners * figures.messages);
  // A mute peer holds what its outbox and its queue may hold, and one message more: 4 KiB and 4 messages.
  assert.ok(unsentBytes + queueBytes <= deaf * 12 * KiB, `${unsentBytes} bytes unsent, ${queueBytes} queued`);
  assert.ok(queueEntries <= deaf * 4, `${queueEntries} calls queued`);
  // The stream of a mute peer takes 64 KiB itself, of messages of 1 KiB.
  assert.ok(accepted >= heard && accepted <= heard + deaf * 80, `${accepted} accepted`);
  assert.ok(peerBytes < 64 * KiB, `${peerBytes} bytes for each peer, both ends`);
  assert.ok(grownBytes < fixedBytes + listeners * 12 * KiB, `${grownBytes} bytes more are held than before it`);
  assert.ok(mostBytes < fixedBytes + listeners * 128 * KiB, `${mostBytes} bytes more at most, garbage included`);
  // Some may have been dropped before the last message.
  assert.ok(figures.peers <= listeners + deaf && figures.peersLeft >= listeners, JSON.stringify(figures));
});
