import { inProcesses } from "../seeds/in-processes.js";
import type { FuzzResult } from "./run-cases.js";

/** Says the cases of `count` seeds in several processes. */
export async function runInProcesses(from: number, count: number, workers: number): Promise<FuzzResult> {
  let cases = 0;
  const findings: FuzzResult["findings"][number][] = [];
  await inProcesses(new URL("worker.js", import.meta.url), [from, count], workers, (message) => {
    const result = message as FuzzResult;
    cases += result.cases;
    findings.push(...result.findings);
  });
  return { cases, findings };
}
