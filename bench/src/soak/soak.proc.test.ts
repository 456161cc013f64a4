import assert from "node:assert/strict";
import { test } from "node:test";
import { isFlat, unexpected } from "./judge.js";
import { type Soaked, soak } from "./soak.js";

/** A short run may seem to climb while the engine still compiles; what is kept climbs in a longer one, too. */
async function soaked(): Promise<Soaked> {
  const run = (forMs: number) => soak({ forMs, onProgress: () => {}, onChild: () => {} });
  const short = await run(20_000);
  return isFlat(short.client) && isFlat(short.server) ? short : run(60_000);
}

test("connections that come and go, cancels, timeouts, failures and restarts leave nothing behind, on either side", async () => {
  const { calls, tally, client, server } = await soaked();
  assert.deepEqual(unexpected(tally), [], JSON.stringify(tally));
  for (const name of [
    "ok",
    "failed_precondition SOAKED",
    "cancelled CANCELLED",
    "deadline_exceeded DEADLINE_EXCEEDED",
  ]) {
    assert.ok((tally[name] ?? 0) > 20, `${name}: ${JSON.stringify(tally)}`);
  }
  assert.ok(client.looks >= 4 && server.looks >= 4, `${client.looks} looks`);
  assert.ok(isFlat(client), `client, ${calls} calls: ${JSON.stringify(client)}`);
  assert.ok(isFlat(server), `server, ${calls} calls: ${JSON.stringify(server)}`);
});
