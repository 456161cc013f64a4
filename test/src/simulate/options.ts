import { parseArgs } from "node:util";
import { wholeNumber } from "../seeds/whole-number.js";

export const usage = `npm run simulate -- [options]: clusters in one process, on virtual time, with seeded faults

  --seeds N        runs so many seeds; 1000 unless given
  --from S         the first of them; 1 unless given
  --workers N      processes that share them; 2 unless given
  --seed S         runs this one alone and says what it is made of
  --trace          with --seed: prints everything that happens
  --without 0,2    with --seed: leaves these faults of its plan out
  --calls N        with --seed: makes only so many of its calls

Ends with exit code 1 where a rule was broken.
`;

export interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly workers: number;
  /** One seed alone. */
  readonly seed: number | undefined;
  readonly trace: boolean;
  readonly without: readonly number[];
  readonly calls: number | undefined;
}

/** Reads the arguments. Throws where they are wrong. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: "string", default: "1000" },
      from: { type: "string", default: "1" },
      workers: { type: "string", default: "2" },
      seed: { type: "string" },
      trace: { type: "boolean", default: false },
      without: { type: "string", default: "" },
      calls: { type: "string" },
    },
  });
  return {
    seeds: wholeNumber("seeds", values.seeds),
    from: wholeNumber("from", values.from),
    workers: wholeNumber("workers", values.workers),
    seed: values.seed === undefined ? undefined : wholeNumber("seed", values.seed),
    trace: values.trace,
    without: values.without === "" ? [] : values.without.split(",").map((fault) => wholeNumber("without", fault)),
    calls: values.calls === undefined ? undefined : wholeNumber("calls", values.calls),
  };
}
