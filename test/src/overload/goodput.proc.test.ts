import assert from "node:assert/strict";
import test from "node:test";
import { openProgram, type Program } from "@rpc/bench/processes";
import { atEnd } from "../wire/ground/at-end.js";

/** As in the bench's trial of overload, whose processes these are. */
interface Questions {
  open: { readonly ask: { readonly address: string; readonly retries: boolean }; readonly answer: string };
  saturate: { readonly ask: { readonly inFlight: number; readonly forMs: number }; readonly answer: number };
  offer: {
    readonly ask: { readonly callsPerSecond: number; readonly forMs: number; readonly leadInMs: number };
    readonly answer: {
      readonly goodPerSecond: number;
      readonly acceptedP99Ms: number;
      readonly rejected: number;
      readonly withoutRetryAfter: number;
      readonly failed: number;
    };
  };
}

/**
 * What is asked of a server that is left alone is 90 % (`npm run bench -- --only '^overload/'`); other tests run beside
 * this one. A server that starts the oldest first has less than a tenth left.
 */
const leastShare = 0.3;

test("a server that is asked for five times what it can do goes on doing it, tells the others when to come again, and recovers", async (t) => {
  const open = (name: string): Program<Questions> => {
    const file = new URL(`../../../bench/dist/trials/overload/${name}.js`, import.meta.url);
    const program = openProgram<Questions>({ file, name: `${name} of overload` });
    atEnd(t, () => program.kill());
    return program;
  };
  const [server, client] = [open("server"), open("client")];
  await client.ask("open", { address: await server.ask("open", { address: "", retries: false }), retries: false });
  const peak = await client.ask("saturate", { inFlight: 12, forMs: 1_000 });
  const offered = await client.ask("offer", { callsPerSecond: peak * 5, forMs: 2_500, leadInMs: 500 });
  const told = JSON.stringify({ peak, ...offered });
  assert.ok(offered.goodPerSecond > peak * leastShare, told);
  assert.ok(offered.rejected > 0, told);
  assert.deepEqual([offered.withoutRetryAfter, offered.failed], [0, 0], told);
  for (let attempt = 1; ; attempt++) {
    const after = await client.ask("offer", { callsPerSecond: peak * 0.2, forMs: 300, leadInMs: 0 });
    if (after.rejected + after.failed === 0) break;
    assert.ok(attempt < 10, `it still turns calls away 3 s after: ${JSON.stringify(after)}`);
  }
});
