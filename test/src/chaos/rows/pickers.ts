import { openProgram, type Program } from "@rpc/bench/processes";
import type { Figure } from "../figure.js";
import type { PickerCost, PickerQuestions } from "../pickers.js";
import type { LocalRow } from "../row.js";

const manyEndpoints = 10_000;
const patienceMs = 120_000;
/** So large that nothing is collected within a round. */
const nodeOptions = ["--min-semi-space-size=64", "--max-semi-space-size=128"];

async function inProcess<T>(ask: (program: Program<PickerQuestions>) => Promise<T>): Promise<T> {
  const file = new URL("../pickers.js", import.meta.url);
  const program = openProgram<PickerQuestions>({ file, name: "process that measures pickers", nodeOptions });
  try {
    return await ask(program);
  } finally {
    await program.kill();
  }
}

/** What a call and a list cost. */
export const pickers: LocalRow = {
  number: 9,
  title: "picker, 10,000 endpoints",
  aboutMs: () => 30_000,
  async measureHere() {
    const costs = await inProcess((program) => program.ask("costs", { endpoints: manyEndpoints }, patienceMs));
    const most = (of: (cost: PickerCost) => number): PickerCost => costs.reduce((a, b) => (of(b) > of(a) ? b : a));
    const [slowest, heaviest, latest] = [
      most(({ pickUs }) => pickUs),
      most(({ leftBytes }) => leftBytes),
      most(({ listMs }) => listMs),
    ];
    // packages/balancer/src/picking.proc.test.ts holds each balancer to it, and needs a process of its own for that, too.
    const busy = Number.POSITIVE_INFINITY;
    return [
      { what: `a call, the default (${costs[0]!.name})`, measured: costs[0]!.pickUs, unit: "µs", atMost: 1, busy },
      {
        what: `a call, the slowest of ${costs.length} (${slowest.name})`,
        measured: slowest.pickUs,
        unit: "µs",
        atMost: 1,
        busy,
      },
      // One number that is kept as an object, once in a thousand calls, would be as much.
      {
        what: `left on the heap by a million calls, the most (${heaviest.name})`,
        measured: heaviest.leftBytes,
        unit: "bytes",
        atMost: 16_384,
        busy,
      },
      {
        what: `a changed list taken over, the slowest (${latest.name})`,
        measured: latest.listMs,
        unit: "ms",
        atMost: 50,
        busy,
      },
    ];
  },
};

/** What becomes of keys when an endpoint leaves. */
export const hashing: LocalRow = {
  number: 10,
  title: "consistent hash, one of n endpoints leaves",
  aboutMs: () => 10_000,
  async measureHere() {
    const figures: Figure[] = [];
    await inProcess(async (program) => {
      for (const endpoints of [3, 10, 100]) {
        const { most, moved } = await program.ask("shares", { endpoints }, patienceMs);
        figures.push(
          { what: `keys that move, times 1/n, n = ${endpoints}`, measured: moved, unit: "x", atMost: 1.1 },
          { what: `keys of the fullest, over the mean, n = ${endpoints}`, measured: most, unit: "x", atMost: 1.25 },
        );
      }
    });
    return figures;
  },
};
