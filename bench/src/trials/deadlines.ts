import type { DeadlineQuestions } from "./deadlines/questions.js";
import { defineTrial } from "./trial.js";

const calls = 20_000;

/** How late calls that nobody answers are given up. */
export const deadlines = defineTrial({
  id: "deadlines",
  title: `calls that nobody answers, timeouts of 20 to 420 ms, ${calls.toLocaleString("en")} in a round`,
  figures: {
    p9999: {
      what: "p99.99 of how late a call is given up, event loop healthy",
      unit: "ms",
      goal: { kind: "atMost", must: 25, aim: 10 },
    },
    earliest: { what: "the earliest (below 0: before its deadline)", unit: "ms" },
    leftOut: { what: "calls left out: turned away, or the machine did not let the process run", unit: "count" },
  },
  async measure({ quick, openProgram, onProgress }) {
    const file = new URL("./deadlines/client.js", import.meta.url);
    const client = openProgram<DeadlineQuestions>({ file, name: "caller of deadlines" });
    const server = openProgram<DeadlineQuestions>({
      file: new URL("./deadlines/server.js", import.meta.url),
      name: "server of deadlines",
    });
    await client.ask("open", { address: await server.ask("open", { address: "" }) });
    await client.ask("expire", { calls: 2_000, overMs: 400 });
    const found = { p9999: [] as number[], earliest: [] as number[], leftOut: [] as number[] };
    const rounds = quick ? 3 : 8;
    for (let round = 0; round < rounds; round++) {
      onProgress(`deadlines: round ${round + 1} of ${rounds}`);
      const lateness = await client.ask("expire", { calls, overMs: quick ? 1_500 : 2_500 });
      found.p9999.push(lateness.p9999Ms);
      found.earliest.push(lateness.earliestMs);
      found.leftOut.push(lateness.leftOut);
    }
    return found;
  },
});
