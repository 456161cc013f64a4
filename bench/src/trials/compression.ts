import { createRequire } from "node:module";
import type { Program } from "../processes/open-program.js";
import type { CompressionQuestions, Spent } from "./compression/questions.js";
import { defineTrial, type Lab, type TrialFigure } from "./trial.js";

const ways = lz4IsThere() ? (["deflate", "lz4"] as const) : (["deflate"] as const);
const crowds = [64, 512] as const;

type Figure = `${"saved" | "cpu"}-${"deflate" | "lz4"}-${64 | 512}`;

/** What compression saves on the wire, and what it costs both processes together. */
export const compression = defineTrial<Figure>({
  id: "compression",
  title: "orders of about 560 bytes, echoed, compressed and plain; both sides together",
  figures: Object.fromEntries(
    ways.flatMap((way) =>
      crowds.flatMap((inFlight): [string, TrialFigure][] => [
        [`saved-${way}-${inFlight}`, { what: `${way}, ${inFlight} in flight: bytes plain / compressed`, unit: "x" }],
        [`cpu-${way}-${inFlight}`, { what: `${way}, ${inFlight} in flight: CPU compressed / plain`, unit: "x" }],
      ]),
    ),
  ) as Record<Figure, TrialFigure>,
  async measure(lab) {
    const plain = await openEnds(lab, "plain");
    const compressed = await Promise.all(ways.map((way) => openEnds(lab, way)));
    const calls = lab.quick ? 3_000 : 8_000;
    const found = Object.fromEntries(
      ways.flatMap((way) =>
        crowds.flatMap((inFlight) => [
          [`saved-${way}-${inFlight}`, []],
          [`cpu-${way}-${inFlight}`, []],
        ]),
      ),
    ) as unknown as Record<Figure, number[]>;
    for (const inFlight of crowds) {
      for (const ends of [plain, ...compressed]) await spentBy(ends, calls, inFlight);
      for (let round = 0; round < (lab.quick ? 3 : 7); round++) {
        lab.onProgress(`compression, ${inFlight} in flight: round ${round + 1}`);
        const usual = await spentBy(plain, calls, inFlight);
        for (const [index, way] of ways.entries()) {
          const spent = await spentBy(compressed[index]!, calls, inFlight);
          found[`saved-${way}-${inFlight}`].push(usual.writtenBytes / spent.writtenBytes);
          found[`cpu-${way}-${inFlight}`].push(spent.cpuUs / usual.cpuUs);
        }
      }
    }
    return found;
  },
});

type Ends = readonly [client: Program<CompressionQuestions>, server: Program<CompressionQuestions>];

async function openEnds({ openProgram }: Lab, way: string): Promise<Ends> {
  const file = new URL("./compression/program.js", import.meta.url);
  const [client, server] = ["client", "server"].map((side) =>
    openProgram<CompressionQuestions>({ file, name: `${side} of ${way} calls`, args: [side, way] }),
  ) as unknown as Ends;
  await client.ask("open", { address: await server.ask("open", { address: "" }) });
  return [client, server];
}

/** Returns what so many calls took, of both ends together. */
async function spentBy(ends: Ends, calls: number, inFlight: number): Promise<Spent> {
  const before = await Promise.all(ends.map((end) => end.ask("spent", {})));
  await ends[0].ask("drive", { calls, inFlight });
  const after = await Promise.all(ends.map((end) => end.ask("spent", {})));
  const sum = (of: (spent: Spent) => number): number =>
    after.reduce((total, spent, index) => total + of(spent) - of(before[index]!), 0);
  return { writtenBytes: sum(({ writtenBytes }) => writtenBytes), cpuUs: sum(({ cpuUs }) => cpuUs) };
}

/** Without the optional package there are no figures of it. */
function lz4IsThere(): boolean {
  try {
    createRequire(import.meta.resolve("@rpc/core")).resolve("lz4-napi");
    return true;
  } catch {
    return false;
  }
}
