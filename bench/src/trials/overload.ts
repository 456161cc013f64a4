import type { OverloadQuestions } from "./overload/questions.js";
import { defineTrial } from "./trial.js";

const times = [2, 5, 10] as const;
const leadInMs = 1_000;
const gentle = 0.3;

/** What is left of a server's work when more is asked than it can do, and what those learn who get nothing. */
export const overload = defineTrial({
  id: "overload",
  title: "handlers of 1 ms of CPU, timeout 1 s, several times the load that the server can carry",
  figures: {
    good2: { what: "goodput at 2 times the load / peak", unit: "x", goal: { kind: "atLeast", must: 0.9, aim: 0.95 } },
    good5: { what: "goodput at 5 times the load / peak", unit: "x", goal: { kind: "atLeast", must: 0.9, aim: 0.95 } },
    good10: { what: "goodput at 10 times the load / peak", unit: "x", goal: { kind: "atLeast", must: 0.9, aim: 0.95 } },
    retried5: {
      what: "the same at 5 times, clients that retry and throttle",
      unit: "x",
      goal: { kind: "atLeast", must: 0.9, aim: 0.95 },
    },
    accepted: {
      what: "p99 of accepted calls, the worst of them",
      unit: "ms",
      goal: { kind: "atMost", must: 250, aim: 100 },
    },
    rejected: {
      what: "p99 of rejected calls, the worst of them",
      unit: "ms",
      goal: { kind: "atMost", must: 20, aim: 20 },
    },
    silent: { what: "rejected without retryAfterMs, and failed in other ways", unit: "count" },
    normal: { what: "back to normal after", unit: "ms", goal: { kind: "atMost", must: 3_000, aim: 500 } },
    peak: { what: "peak, calls/s", unit: "count" },
  },
  async measure({ quick, openProgram, onProgress }) {
    const client = (name: string) =>
      openProgram<OverloadQuestions>({ file: new URL("./overload/client.js", import.meta.url), name });
    const server = openProgram<OverloadQuestions>({
      file: new URL("./overload/server.js", import.meta.url),
      name: "server of overload",
    });
    const [plain, retrying] = [client("callers of overload"), client("callers of overload that retry")];
    const address = await server.ask("open", { address: "", retries: false });
    await plain.ask("open", { address, retries: false });
    await retrying.ask("open", { address, retries: true });
    await plain.ask("saturate", { inFlight: 12, forMs: 1_000 });
    const found = {
      good2: [] as number[],
      good5: [] as number[],
      good10: [] as number[],
      retried5: [] as number[],
      accepted: [] as number[],
      rejected: [] as number[],
      silent: [] as number[],
      normal: [] as number[],
      peak: [] as number[],
    };
    const forMs = leadInMs + (quick ? 1_000 : 3_000);
    for (let round = 0; round < (quick ? 2 : 5); round++) {
      let [accepted, rejected, silent] = [0, 0, 0];
      for (const factor of times) {
        onProgress(`overload: round ${round + 1}, ${factor} times the load`);
        for (const who of factor === 5 ? [plain, retrying] : [plain]) {
          const before = await plain.ask("saturate", { inFlight: 12, forMs: 700 });
          const offered = await who.ask("offer", { callsPerSecond: before * factor, forMs, leadInMs }, forMs + 10_000);
          const after = await plain.ask("saturate", { inFlight: 12, forMs: 700 });
          const peak = (before + after) / 2;
          found[who === retrying ? "retried5" : (`good${factor}` as const)].push(offered.goodPerSecond / peak);
          found.peak.push(peak);
          accepted = Math.max(accepted, offered.acceptedP99Ms);
          if (who === plain) rejected = Math.max(rejected, offered.rejectedP99Ms);
          silent += offered.withoutRetryAfter + offered.failed;
          onProgress(JSON.stringify(offered));
        }
      }
      found.accepted.push(accepted);
      found.rejected.push(rejected);
      found.silent.push(silent);
      found.normal.push(await backToNormal(found.peak.at(-1)!, plain));
    }
    return found;

    /** After five times the load: how long until a tenth of a second goes by in which nobody is turned away and nobody waits. */
    async function backToNormal(peak: number, who: typeof plain): Promise<number> {
      await who.ask("offer", { callsPerSecond: peak * 5, forMs: 1_500, leadInMs: 0 });
      const endedAt = performance.now();
      for (;;) {
        const from = performance.now();
        const slice = await who.ask("offer", { callsPerSecond: peak * gentle, forMs: 100, leadInMs: 0 });
        if (slice.rejected + slice.shed + slice.failed === 0 && slice.acceptedP99Ms < 50) return from - endedAt;
        if (from - endedAt > 10_000) return from - endedAt;
      }
    }
  },
});
