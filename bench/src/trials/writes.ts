import { defineTrial } from "./trial.js";

const inFlight = 64;

/** How many calls share a write to the socket. */
export const writes = defineTrial({
  id: "writes",
  title: `writes to the socket for each call, ${inFlight} in flight`,
  figures: {
    client: { what: "writes for each call, client", unit: "writes", goal: { kind: "atMost", must: 0.05, aim: 0.02 } },
    server: { what: "writes for each call, server", unit: "writes", goal: { kind: "atMost", must: 0.05, aim: 0.02 } },
  },
  async measure({ rounds, quick, openPair, onProgress }) {
    const pair = await openPair("core");
    await pair.client.ask("verify", { workload: "echo" });
    const found = { client: [] as number[], server: [] as number[] };
    const drive = { workload: "echo" as const, inFlight, leadInMs: 0, forMs: quick ? 150 : 250, withLatency: false };
    await pair.client.ask("drive", { ...drive, forMs: 1_000 });
    for (let round = 0; round < rounds; round++) {
      onProgress(`writes: round ${round + 1} of ${rounds}`);
      const before = { client: await pair.client.ask("writes", {}), server: await pair.server.ask("writes", {}) };
      const { calls } = await pair.client.ask("drive", drive);
      for (const side of ["client", "server"] as const) {
        found[side].push(((await pair[side].ask("writes", {})) - before[side]) / calls);
      }
    }
    return found;
  },
});
