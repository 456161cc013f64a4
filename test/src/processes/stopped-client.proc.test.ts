import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import test from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { bind, serve } from "@rpc/core";
import { atEnd } from "../wire/ground/at-end.js";
import { until } from "../wire/ground/until.js";
import type { ClientSays } from "./client.fixture.js";
import { WorkService } from "./server.fixture.js";

/** Above what a busy connection may be silent for, in ms. */
const stoppedMs = process.env["RPC_LONG"] === undefined ? 12_000 : 30_000;

test("a client that is stopped for long blames nobody for it: answers that are there are answers, and its connection lives", async (t) => {
  let accepted = 0;
  let running = 0;
  const server = await serve({
    services: [
      bind(WorkService, {
        again: () => 0,
        once: () => 0,
        after: async (ms: number) => {
          running++;
          await delay(ms);
          return ms;
        },
      }),
    ],
    onConnect: () => {
      accepted++;
    },
  });
  atEnd(t, () => server.close());
  const program = fileURLToPath(new URL("client.fixture.js", import.meta.url));
  const client = fork(program, { env: { ...process.env, RPC_TEST_CLIENT: server.address } });
  const ended = once(client, "exit");
  atEnd(t, async () => {
    client.kill("SIGKILL");
    await ended;
  });
  await until("its calls run", () => running === 64);
  client.kill("SIGSTOP");
  await delay(stoppedMs);
  const saying = once(client, "message");
  client.kill("SIGCONT");
  const [said] = (await saying) as [ClientSays];
  assert.deepEqual(said, { failed: [], suspected: 0 });
  assert.equal(accepted, 1);
});
