import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { type Client, type Connector, connect, RpcError, withOptions } from "@rpc/core";
import { createManualClock, type ManualClock } from "@rpc/core/testing";
import { type Ground, inMemory } from "./ground/grounds.js";
import { type Ledger, type LedgerServer, LedgerService, ledgerServer } from "./ground/ledger.js";
import { type Accident, relay } from "./ground/relay.js";

const timeoutMs = 1_000;
/** How much later than its deadline a call may settle. */
const graceMs = 25;

interface Outcome {
  readonly label: string;
  readonly answer?: string;
  readonly error?: RpcError;
  readonly settledAt: number;
}

/** What a script has at hand: everything it begins is noted by its label. */
interface Stage {
  readonly clock: ManualClock;
  readonly server: LedgerServer;
  readonly connector: Connector;
  readonly ledger: Client<Ledger>;
  call(name: string, make: (ledger: Client<Ledger>, label: string) => Promise<string>): Promise<void>;
}

type Script = (stage: Stage) => Promise<void>;

interface Run {
  readonly outcomes: readonly Outcome[];
  readonly startedAt: ReadonlyMap<string, number>;
  readonly ran: readonly string[];
  readonly passed: { readonly up: number; readonly down: number };
}

/** Plays a script over a connection with which the accident happens. */
async function play(t: TestContext, script: Script, accident: Accident | undefined): Promise<Run> {
  const clock = createManualClock();
  const ground: Ground = inMemory();
  const server = await ledgerServer(t, clock, ground);
  const between = await relay(t, ground, server.address, accident);
  const connector = connect({
    address: between.address,
    transports: ground.transports,
    clock,
    timeoutMs,
    instance: "c",
    retry: false,
    random: () => 0.5,
  });
  const outcomes: Outcome[] = [];
  const startedAt = new Map<string, number>();
  const ledger = connector.client(LedgerService);
  const call: Stage["call"] = (label, make) => {
    startedAt.set(label, clock.now());
    return make(ledger, label).then(
      (answer) => void outcomes.push({ label, answer, settledAt: clock.now() }),
      (error: RpcError) => void outcomes.push({ label, error, settledAt: clock.now() }),
    );
  };
  let over = false;
  const played = script({ clock, server, connector, ledger, call }).then(() => {
    over = true;
  });
  for (let spentMs = 0; !over && spentMs < 40_000; spentMs += 250) await clock.advance(250);
  assert.ok(over, `the script has not come to its end: ${JSON.stringify(accident)}`);
  await played;
  const closed = Promise.all([connector.close(), server.server.close()]);
  for (let spentMs = 0; spentMs < 30_000; spentMs += 5_000) await clock.advance(5_000);
  await closed;
  await between.stop();
  await clock.settle();
  return { outcomes, startedAt, ran: server.ran, passed: { ...between.passed } };
}

/** What must be true of every call, whatever happened to the connection. */
function judge({ outcomes, startedAt, ran }: Run, where: string): void {
  assert.equal(outcomes.length, startedAt.size, `${where}: every call settles`);
  for (const { label, answer, error, settledAt } of outcomes) {
    const at = `${where}, call ${label.slice(0, 8)}: ${error?.reason} ${error?.processed}`;
    const times = ran.filter((each) => each === label).length;
    assert.ok(settledAt - startedAt.get(label)! <= timeoutMs + graceMs, `${at}: ${settledAt}`);
    assert.ok(times <= 1, `${at}: ran ${times} times`);
    if (answer !== undefined) assert.equal(answer, `done ${label}`, at);
    else {
      assert.ok(error instanceof RpcError, at);
      if (error.processed === "no") assert.equal(times, 0, `${at}, though its handler ran`);
      if (error.processed === "yes") assert.equal(times, 1, `${at}, though its handler never ran`);
    }
  }
}

const cancelling: Script = async ({ clock, call }) => {
  await call("a", (ledger, label) => ledger.once(label));
  const controller = new AbortController();
  const options = { signal: controller.signal };
  const pending = [
    call("b", (ledger, label) => withOptions(ledger, options).hang(label)),
    call("c", (ledger, label) => ledger.slow(label)),
    call("d", (ledger, label) => withOptions(ledger, { timeoutMs: 30 }).hang(label)),
  ];
  clock.setTimer(() => controller.abort(), 10);
  await Promise.all(pending);
  await call("e", (ledger, label) => ledger.again(label));
};

const draining: Script = async ({ clock, server, call }) => {
  await call("a", (ledger, label) => ledger.once(label));
  const pending = [
    call("b", (ledger, label) => ledger.slow(label)),
    call("c", (ledger, label) => ledger.again(label)),
    call("d", (ledger, label) => ledger.slow(label)),
  ];
  await new Promise<void>((resolve) => void clock.setTimer(resolve, 5));
  const closed = server.server.close();
  pending.push(call("e", (ledger, label) => withOptions(ledger, { timeoutMs: 500 }).once(label)));
  await Promise.all(pending);
  await closed;
};

const closing: Script = async ({ clock, connector, call }) => {
  await call("a", (ledger, label) => ledger.once(label));
  const pending = [
    call("b", (ledger, label) => ledger.slow(label)),
    call("c", (ledger, label) => ledger.again(label)),
    call("d", (ledger, label) => ledger.slow(label)),
  ];
  await new Promise<void>((resolve) => void clock.setTimer(resolve, 5));
  const closed = connector.close();
  await Promise.all(pending);
  await closed;
};

const scripts = { "calls are cancelled": cancelling, "its server drains": draining, "its client closes": closing };
const kinds = ["end", "reset", "stall"] as const;
const directions = ["up", "down"] as const;

for (const [name, script] of Object.entries(scripts)) {
  for (const what of kinds) {
    test(`a connection that is lost (${what}) after any byte, while ${name}, settles every call in time, and says truly whether its handler ran`, async (t) => {
      const whole = await play(t, script, undefined);
      judge(whole, name);
      for (const direction of directions) {
        const total = whole.passed[direction];
        assert.ok(total > 100 && total < 600, `${total} bytes`);
        for (let afterBytes = 1; afterBytes <= total; afterBytes++) {
          judge(await play(t, script, { what, direction, afterBytes }), `${what} ${direction} ${afterBytes}`);
        }
      }
    });
  }
}

/** Two frames and a bit. */
const text = "x".repeat(140_000);
const long: Script = ({ call }) => call(text, (ledger, label) => ledger.once(label));

/** Every byte of the head of the first frame, and places close together around those of the others. */
function placesOf(total: number): number[] {
  const frameBytes = 65_548;
  const places = new Set<number>();
  for (let at = 1; at <= total; at += 9_973) places.add(at);
  for (let at = 1; at <= 260; at++) places.add(at);
  for (let at = total - 260; at <= total; at += 7) places.add(at);
  // Where the frames behind the first begin is known but for the few bytes in front of them.
  for (let frame = frameBytes; frame < total; frame += frameBytes) {
    for (let at = frame; at <= frame + 260; at += 5) places.add(at);
  }
  return [...places].filter((at) => at >= 1 && at <= total).sort((a, b) => a - b);
}

for (const what of kinds) {
  for (const direction of directions) {
    test(`a message in parts that is lost (${what}) at any byte of a head on its way ${direction} settles its call, which ran only where all of it arrived`, async (t) => {
      const whole = await play(t, long, undefined);
      assert.equal(whole.outcomes[0]?.answer, `done ${text}`);
      const total = whole.passed[direction];
      assert.ok(total > 140_000, `${total}`);
      for (const afterBytes of placesOf(total)) {
        judge(await play(t, long, { what, direction, afterBytes }), `${what} ${direction} ${afterBytes}`);
      }
    });
  }
}
