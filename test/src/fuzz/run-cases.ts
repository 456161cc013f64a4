import { heldBytes } from "../wire/ground/heap.js";
import { clientTarget } from "./attack-client.js";
import { serverTarget } from "./attack-server.js";
import { caseOf, type FuzzCase } from "./fuzz-case.js";

/** Bytes that this process may grow by while it is fuzzed. */
const growthBytes = 96 * 1_024 * 1_024;
/** Cases between two looks at the memory and at a legal client. */
const casesPerLook = 2_000;

export interface Finding {
  /** Undefined for a case of the corpus. */
  readonly seed: number | undefined;
  readonly fuzzCase: FuzzCase;
  readonly broken: readonly string[];
}

export interface FuzzResult {
  readonly cases: number;
  readonly findings: readonly Finding[];
}

/** Says cases to a real server and to real clients, and collects what they broke. */
export async function runCases(cases: Iterable<{ seed: number | undefined; fuzzCase: FuzzCase }>): Promise<FuzzResult> {
  const server = await serverTarget();
  const client = await clientTarget();
  const findings: Finding[] = [];
  const uncaught: string[] = [];
  const onUncaught = (error: unknown): void => {
    uncaught.push(`nobody caught: ${error instanceof Error ? error.stack : String(error)}`);
  };
  process.on("uncaughtException", onUncaught);
  process.on("unhandledRejection", onUncaught);
  const atStart = heldBytes();
  let count = 0;
  for (const { seed, fuzzCase } of cases) {
    count++;
    const broken = await (fuzzCase.side === "dialler" ? server : client).attack(fuzzCase);
    broken.push(...uncaught.splice(0));
    if (({} as { polluted?: unknown }).polluted !== undefined) broken.push("Object.prototype was written to");
    if (count % casesPerLook === 0) {
      const grownBytes = grownSince(atStart);
      if (grownBytes > growthBytes) broken.push(`memory grew by ${grownBytes} bytes`);
      await server.clock.advance(100);
      if (server.running > 0) broken.push(`${server.running} handlers are left`);
      if (server.connections > 0) broken.push(`${server.connections} connections are left`);
    }
    if (broken.length > 0) findings.push({ seed, fuzzCase, broken });
    if (findings.length >= 20) break;
  }
  await client.close();
  await server.close();
  process.removeListener("uncaughtException", onUncaught);
  process.removeListener("unhandledRejection", onUncaught);
  return { cases: count, findings };
}

/** The cases of seeds from `from` on, every `step`-th of `count`. */
export function* seeded(from: number, count: number, step = 1) {
  for (let seed = from; seed < from + count; seed += step) yield { seed, fuzzCase: caseOf(seed) };
}

/** What was allocated and nobody has collected yet is no growth; looking closely costs a collection, so that it is done in doubt only. */
function grownSince(bytesAtStart: number): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const grownBytes = heapUsed + arrayBuffers - bytesAtStart;
  return grownBytes <= growthBytes ? grownBytes : heldBytes() - bytesAtStart;
}
