import { type Less, runSeed } from "./run-seed.js";

/** Returns as little of a failing seed as still fails: without the faults that do not matter, with the fewest calls that halving finds. */
export async function shrink(seed: number, faults: number, calls: number): Promise<Less> {
  let less: Required<Less> = { without: [], calls };
  const fails = async (tried: Less): Promise<boolean> => (await runSeed(seed, tried)).violations.length > 0;
  for (let fault = 0; fault < faults; fault++) {
    const tried = { ...less, without: [...less.without, fault] };
    if (await fails(tried)) less = tried;
  }
  for (let fewer = calls >>> 1; fewer > 0; fewer >>>= 1) {
    const tried = { ...less, calls: fewer };
    if (!(await fails(tried))) break;
    less = tried;
  }
  return less;
}
