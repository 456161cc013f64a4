import assert from "node:assert/strict";
import test from "node:test";
import { flipBit, headerBits } from "./flip-bit.js";
import type { Outcome } from "./ledger.js";
import { scene, tally } from "./scene.js";

const timeoutMs = 300;
/** Late enough that calls are under way: hello and open lie behind. */
const frame = 12;
const atOnce = 24;

for (const direction of ["up", "down"] as const) {
  test(`a bit that is turned in a header, any of them, ends calls or the connection, in time, and neither process (${direction})`, async (t) => {
    const { load, proxy } = await scene(t, {
      script: (number) => (number < headerBits ? { [direction]: { alter: flipBit(frame, number) } } : {}),
    });
    const all: Outcome[] = [];
    for (let bit = 0; bit < headerBits; bit += atOnce) {
      const loads = Array.from({ length: atOnce }, () =>
        load({ calls: 60, inFlight: 8, timeoutMs, connect: { retry: false, backoff: { firstMs: 5 } } }),
      );
      all.push(...(await Promise.all(loads)).flat());
    }
    assert.equal(all.length, 60 * headerBits);
    const latest = Math.max(...all.map(({ tookMs }) => tookMs));
    assert.ok(latest < timeoutMs + 500, `a call took ${latest} ms`);
    const { answered = 0, ...failed } = tally(all);
    assert.ok(answered > all.length / 2, JSON.stringify(tally(all)));
    assert.ok(Object.keys(failed).length > 3, "no bit did anything");
    const before = proxy.accepted;
    assert.deepEqual(tally(await load({ calls: 100, inFlight: 8, timeoutMs: 5_000 })), { answered: 100 });
    assert.equal(proxy.accepted, before + 1);
  });
}
