import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "../contract/errors.js";
import { bind } from "../service/bind.js";
import { defineService } from "../service/define-service.js";
import { withOptions } from "./create-client.js";
import { type Simulation, simulation } from "./simulation.fixture.js";

interface Lamp {
  on(): string;
  flicker(): string;
  broken(): void;
  never(): void;
}

const LampService = defineService<Lamp>("Lamp", {
  on: {},
  flicker: { idempotent: true },
  broken: {},
  never: { timeoutMs: 50 },
});

/** What each kind of call ends with, and how often handlers ran for it, through a client with these options. */
async function outcomes({ serveShop, connect, finish, outcome }: Simulation, options: object): Promise<unknown> {
  let ran = 0;
  const server = await serveShop("lamp", {
    services: [
      bind(LampService, {
        on: () => "on",
        flicker() {
          if (++ran < 3) throw new RpcError("unavailable", "off", { reason: "FLICKER", processed: "yes" });
          return "on at last";
        },
        broken() {
          throw new RpcError("not_found", "no bulb", { reason: "NO_BULB", processed: "yes" });
        },
        never: () => new Promise(() => {}),
      }),
    ],
  } as never);
  const connector = connect({ address: "memory://lamp", ...options });
  const lamp = connector.client(LampService);
  const aborted = new AbortController();
  const cancelled = outcome(withOptions(lamp, { signal: aborted.signal, timeoutMs: 60_000 }).never());
  const calls = [lamp.on(), lamp.flicker(), lamp.broken(), lamp.never()].map(outcome);
  calls.push(cancelled);
  const settled = finish(Promise.all(calls));
  aborted.abort();
  const ended = (await settled).map(({ answer, error }) => [answer, error?.reason, error?.processed, error?.attempts]);
  const after = await finish(outcome(lamp.on()));
  const { calls: counted } = connector.stats();
  await finish(Promise.all([connector.close(), server.close()]));
  const closed = await finish(outcome(lamp.on()));
  return { ended, ran, after: after.answer, closed: closed.error?.reason, counted: { ...counted, ms: undefined } };
}

describe("a client whose calls nobody intercepts", () => {
  test("hears of each call what it would hear through an interceptor: answers, retries, errors, deadlines, its own giving up", async (t) => {
    const direct = (await outcomes(simulation(t), {})) as { ended: unknown; ran: number };
    const through = await outcomes(simulation(t), { interceptors: [(next: unknown) => next] });
    assert.deepEqual(direct, through);
    assert.equal(direct.ran, 3);
    assert.deepEqual(direct.ended, [
      ["on", undefined, undefined, undefined],
      ["on at last", undefined, undefined, undefined],
      [undefined, "NO_BULB", "yes", 1],
      [undefined, "DEADLINE_EXCEEDED", "maybe", 1],
      [undefined, "CANCELLED", "no", 1],
    ]);
  });

  test("and that retries nothing hears of each failure, too", async (t) => {
    const direct = (await outcomes(simulation(t), { retry: false })) as { ended: unknown[][] };
    const through = await outcomes(simulation(t), { retry: false, interceptors: [(next: unknown) => next] });
    assert.deepEqual(direct, through);
    assert.deepEqual(direct.ended[1], [undefined, "FLICKER", "yes", 1]);
  });
});
