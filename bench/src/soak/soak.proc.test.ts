import assert from "node:assert/strict";
import { test } from "node:test";
import { isFlat, unexpected } from "./judge.js";
import { type Soaked, soak } from "./soak.js";

const leastLooks = 4;

/**
 * A short run may seem to climb while the engine still compiles, and a busy machine may leave it few looks; what is kept climbs
 * in a longer one, too.
 */
async function soaked(): Promise<Soaked> {
  const run = (forMs: number) => soak({ forMs, onProgress: () => {}, onChild: () => {} });
  const short = await run(20_000);
  const enough = [short.client, short.server].every((growth) => growth.looks >= leastLooks && isFlat(growth));
  return enough ? short : run(60_000);
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
  assert.ok(client.looks >= leastLooks && server.looks >= leastLooks, `${client.looks} looks`);
  assert.ok(isFlat(client), `client, ${calls} calls: ${JSON.stringify(client)}`);
  assert.ok(isFlat(server), `server, ${calls} calls: ${JSON.stringify(server)}`);
});
