import type { FuzzCase } from "./fuzz-case.js";
import { runCases } from "./run-cases.js";

/** Returns as little of a case as still breaks something: writes are joined, and frames that do not matter cut out. */
export async function shrink(fuzzCase: FuzzCase): Promise<FuzzCase> {
  const breaks = async (tried: FuzzCase): Promise<boolean> =>
    (await runCases([{ seed: undefined, fuzzCase: tried }])).findings.length > 0;
  let least: FuzzCase = { ...fuzzCase, legal: false };
  if (!(await breaks(least))) return fuzzCase;
  const joined = { ...least, steps: least.steps.map((writes) => [Buffer.concat(writes)]) };
  if (await breaks(joined)) least = joined;
  for (let step = least.steps.length - 1; step >= 0; step--) {
    for (let length = Buffer.concat(least.steps[step]!).length >>> 1; length > 0; length >>>= 1) {
      least = await shorter(least, step, length, breaks);
    }
  }
  return least;
}

/** Cuts off the end of a step as long as it still breaks. */
async function shorter(
  from: FuzzCase,
  step: number,
  length: number,
  breaks: (tried: FuzzCase) => Promise<boolean>,
): Promise<FuzzCase> {
  let least = from;
  for (;;) {
    const whole = Buffer.concat(least.steps[step]!);
    if (whole.length < length) return least;
    const tried = { ...least, steps: least.steps.with(step, [whole.subarray(0, whole.length - length)]) };
    if (!(await breaks(tried))) return least;
    least = tried;
  }
}
