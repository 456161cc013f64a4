import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

/** What a run was asked to do. */
export interface Options {
  readonly json: boolean;
  /** Less of everything. */
  readonly quick: boolean;
  readonly rounds: number;
  /** Measured span of each slice, in ms. */
  readonly sliceMs: number;
  /** Warm-up of each subject in each workload, in ms. */
  readonly warmUpMs: number;
  /** Calls between two looks at the heap; before the first it is five times that, and after it five times. */
  readonly retainedStepCalls: number;
  readonly importPairs: number;
  /** Which rows to measure, by their ids. */
  readonly only: RegExp;
  /** Folder of another, built checkout. */
  readonly against: string | undefined;
  readonly seed: number;
}

export const usage = `npm run bench -- [options]

  --json           write everything as JSON to stdout, the tables to stderr
  --quick          about three minutes instead of fifteen: fewer rounds, shorter slices, wider intervals
  --rounds N       how many rounds; each measures every row once
  --only PATTERN   measure the rows whose id matches, and what they are compared with; ids are like
                   echo-64/core, body-4k-64/bare-own, retained/core, import/core, deadlines/p9999
  --against DIR    set this build's core against that of DIR, another built checkout of this repository
  --seed N         repeat the order of another run
  --help           this text
`;

/** Returns the options of a command line; undefined where it asks for help. Throws with what is wrong with it. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      only: { type: "string", default: "" },
      against: { type: "string" },
      seed: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { quick } = values;
  return {
    json: values.json,
    quick,
    rounds: readCount("--rounds", values.rounds) ?? (quick ? 5 : 16),
    sliceMs: quick ? 200 : 300,
    warmUpMs: quick ? 300 : 800,
    retainedStepCalls: quick ? 60_000 : 200_000,
    importPairs: quick ? 7 : 25,
    only: readPattern(values.only),
    against: readAgainst(values.against),
    seed: readCount("--seed", values.seed) ?? Math.floor(Math.random() * 2 ** 31) + 1,
  };
}

function readCount(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`${option} wants a whole number above 0, not "${text}".`);
  return count;
}

function readPattern(text: string): RegExp {
  try {
    return new RegExp(text, "i");
  } catch (cause) {
    throw new Error(`--only wants a regular expression: ${(cause as Error).message}.`);
  }
}

function readAgainst(folder: string | undefined): string | undefined {
  if (folder === undefined) return undefined;
  const file = resolve(folder, "packages/core/dist/index.js");
  if (existsSync(file)) return resolve(folder);
  throw new Error(`--against wants a built checkout, and there is no ${file}: run npm ci and npm run build there.`);
}
