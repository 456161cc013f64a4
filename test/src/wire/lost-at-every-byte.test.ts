import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { connect, RpcError, withOptions } from "@rpc/core";
import { createManualClock, type ManualClock } from "@rpc/core/testing";
import { type Ground, inMemory } from "./ground/grounds.js";
import { type LedgerServer, LedgerService, ledgerServer } from "./ground/ledger.js";
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

/** The whole life of a short session, seen by its caller. */
async function session(
  clock: ManualClock,
  ground: Ground,
  address: string,
  run: string,
  { retry }: { retry: boolean },
): Promise<{ outcomes: Outcome[]; startedAt: number[] }> {
  const connector = connect({
    address,
    transports: ground.transports,
    clock,
    timeoutMs,
    instance: "c",
    random: () => 0.5,
    ...(retry ? {} : { retry: false as const }),
  });
  const ledger = connector.client(LedgerService);
  const outcomes: Outcome[] = [];
  const startedAt: number[] = [];
  const watch = (label: string, call: Promise<string>): Promise<unknown> => {
    startedAt.push(clock.now());
    return call.then(
      (answer) => outcomes.push({ label, answer, settledAt: clock.now() }),
      (error: RpcError) => outcomes.push({ label, error, settledAt: clock.now() }),
    );
  };
  const label = (name: string): string => `${run}${name}`;
  const script = (async () => {
    await watch(label("a"), ledger.once(label("a")));
    await Promise.all([
      watch(label("b"), ledger.once(label("b"))),
      watch(label("c"), withOptions(ledger, { metadata: { k: "v" } }).again(label("c"))),
      watch(label("d"), ledger.fail(label("d"))),
    ]);
    await watch(label("e"), ledger.again(label("e")));
  })();
  // Each of the three steps takes its deadline at most.
  for (let step = 0; step < 3; step++) await clock.advance(timeoutMs + graceMs);
  await script;
  const closed = connector.close();
  await clock.advance(0);
  await closed;
  return { outcomes, startedAt };
}

const ranTimes = (server: LedgerServer, label: string): number => server.ran.filter((each) => each === label).length;

/** What must be true of every call, whatever happened to the connection. */
function judge(
  server: LedgerServer,
  { outcomes, startedAt }: Awaited<ReturnType<typeof session>>,
  where: string,
): void {
  assert.equal(outcomes.length, 5, `${where}: every call settles`);
  const starts = new Map(["a", "b", "c", "d", "e"].map((name, index) => [name, startedAt[index]!]));
  for (const { label, answer, error, settledAt } of outcomes) {
    const name = label.at(-1)!;
    const at = `${where}, call ${name}: ${error?.reason} ${error?.processed}`;
    const ran = ranTimes(server, label);
    assert.ok(
      settledAt - starts.get(name)! <= timeoutMs + graceMs,
      `${at}: settled ${settledAt - starts.get(name)!} ms on`,
    );
    if (answer !== undefined) {
      assert.equal(answer, `done ${label}`, at);
      assert.ok(ran >= 1, at);
    } else {
      assert.ok(error instanceof RpcError, at);
      if (error.processed === "no") assert.equal(ran, 0, `${at}, though its handler ran`);
      if (error.processed === "yes") assert.ok(ran >= 1, `${at}, though its handler never ran`);
      if (name === "d" && error.processed === "yes") assert.equal(error.reason, "ASKED", at);
    }
    if (name !== "c" && name !== "e") assert.ok(ran <= 1, `${at}: what is not idempotent ran ${ran} times`);
  }
}

async function bytesOfSession(t: TestContext): Promise<{ up: number; down: number }> {
  const clock = createManualClock();
  const ground = inMemory();
  const server = await ledgerServer(t, clock, ground);
  const between = await relay(t, ground, server.address);
  const { outcomes } = await session(clock, ground, between.address, "x", { retry: false });
  for (const { answer, error } of outcomes) assert.ok(answer !== undefined || error?.reason === "ASKED");
  return { ...between.passed };
}

for (const what of ["end", "reset", "stall"] as const) {
  for (const direction of ["up", "down"] as const) {
    test(`a connection that is lost (${what}) after any byte ${direction === "up" ? "sent" : "received"} settles every call in time, and says truly whether its handler ran`, async (t) => {
      const clock = createManualClock();
      const ground = inMemory();
      const server = await ledgerServer(t, clock, ground);
      const total = (await bytesOfSession(t))[direction];
      assert.ok(total > 150 && total < 500, `${total} bytes`);
      for (let afterBytes = 0; afterBytes <= total; afterBytes++) {
        const accident: Accident = { what, direction, afterBytes: Math.max(1, afterBytes) };
        const between = await relay(t, ground, server.address, accident);
        const run = `${afterBytes}`;
        judge(
          server,
          await session(clock, ground, between.address, run, { retry: false }),
          `${what} ${direction} ${run}`,
        );
        await between.stop();
        await clock.settle();
      }
    });
  }
}

test("with retries on, a lost connection is seen by nobody but callers of what may have run and may not run twice", async (t) => {
  const clock = createManualClock();
  const ground = inMemory();
  const server = await ledgerServer(t, clock, ground);
  const { up, down } = await bytesOfSession(t);
  for (const direction of ["up", "down"] as const) {
    const total = direction === "up" ? up : down;
    for (let afterBytes = 1; afterBytes <= total; afterBytes += 3) {
      const where = `${direction} ${afterBytes}`;
      const between = await relay(t, ground, server.address, { what: "reset", direction, afterBytes });
      const seen = await session(clock, ground, between.address, `r${direction}${afterBytes}`, { retry: true });
      judge(server, seen, where);
      for (const { label, error } of seen.outcomes) {
        const name = label.at(-1);
        if (error === undefined || (name === "d" && error.reason === "ASKED")) continue;
        assert.equal(error.processed, "maybe", `${where}: ${name} failed with ${error.reason}`);
        assert.ok(name !== "c" && name !== "e", `${where}: an idempotent call failed: ${error.message}`);
      }
      await between.stop();
      await clock.settle();
    }
  }
});

test("a long message that is lost on its way settles its call, and was run only where all of it arrived", async (t) => {
  const clock = createManualClock();
  const ground = inMemory();
  const server = await ledgerServer(t, clock, ground);
  const text = "x".repeat(200_000);
  const cuts = [
    1, 12, 200, 4_096, 65_000, 65_548, 65_700, 65_750, 131_000, 131_200, 196_000, 200_000, 200_100, 200_200, 200_300,
  ];
  for (const what of ["end", "reset", "stall"] as const) {
    for (const direction of ["up", "down"] as const) {
      for (const afterBytes of cuts) {
        const before = server.ran.length;
        const between = await relay(t, ground, server.address, { what, direction, afterBytes });
        const connector = connect({
          address: between.address,
          transports: ground.transports,
          clock,
          timeoutMs,
          retry: false,
        });
        const settling = connector
          .client(LedgerService)
          .once(text)
          .then(
            (answer) => ({ answer }),
            (error: RpcError) => ({ error }),
          );
        await clock.advance(timeoutMs + graceMs);
        const outcome = await settling;
        const ran = server.ran.length - before;
        const where = `${what} ${direction} ${afterBytes}`;
        if ("answer" in outcome) assert.equal(outcome.answer, `done ${text}`, where);
        else if (outcome.error.processed === "no") assert.equal(ran, 0, where);
        else assert.equal(outcome.error.processed, "maybe", where);
        assert.ok(ran <= 1, where);
        const closed = connector.close();
        await clock.advance(0);
        await closed;
        await between.stop();
        await clock.settle();
      }
    }
  }
});
