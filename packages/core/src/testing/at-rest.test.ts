import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connect } from "../client/connector.js";
import { withOptions } from "../client/create-client.js";
import { deadlinesOf } from "../clock/deadlines.js";
import { tickerOf } from "../clock/ticker.js";
import { serve } from "../server/serve.js";
import { bind } from "../service/bind.js";
import { defineService } from "../service/define-service.js";
import { memoryTransport } from "../transport/memory.js";
import { assertAtRest, assertClockAtRest } from "./at-rest.js";
import { createManualClock } from "./manual-clock.js";

const service = defineService<{ hang(): unknown }>("Hanging", { hang: {} });

const leaves = (...texts: string[]) => ({
  name: "AssertionError",
  message: new RegExp(texts.join("[^]*")),
});

describe("what a test leaves behind", () => {
  test("is found while a client and a server are open, and is gone when they are closed", async () => {
    const transports = { memory: memoryTransport() };
    let release = (): void => {};
    const hang = (): Promise<void> =>
      new Promise((resolve) => {
        release = resolve;
      });
    const server = await serve({ listen: "memory://", transports, services: [bind(service, { hang })] });
    const connector = connect({ address: server.address, transports });
    const hanging = assert.rejects(withOptions(connector.client(service), { timeoutMs: 300 }).hang());
    const short = { patienceMs: 50 };
    await assert.rejects(
      assertAtRest(connector, short),
      leaves("1 connections open", "1 calls pending", "1 requests made and pending"),
    );
    await assert.rejects(assertAtRest(server, short), leaves("1 connections open", "1 handlers running"));
    await hanging;
    await connector.close();
    await assertAtRest(connector);
    await assertAtRest(server, { handlers: false });
    release();
    await server.close();
    await assertAtRest(server);
  });

  test("on a clock is a deadline that waits, and who asks what time it is", async () => {
    const clock = createManualClock();
    await assertClockAtRest(clock);
    const entry = { deadline: 1_000, place: -1, expire: () => {} };
    const member = { tick: () => {} };
    deadlinesOf(clock).add(entry);
    tickerOf(clock).add(member);
    await assert.rejects(
      assertClockAtRest(clock, 1),
      leaves("1 calls waiting for their deadline", "1 members of the ticker"),
    );
    deadlinesOf(clock).delete(entry);
    tickerOf(clock).delete(member);
    await assertClockAtRest(clock);
  });
});
