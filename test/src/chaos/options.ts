import { parseArgs } from "node:util";
import { wholeNumber } from "../seeds/whole-number.js";
import { registries } from "./registries.js";
import { localRows, rows } from "./rows.js";
import type { Where } from "./where.js";

export const usage = `npm run chaos -- [options]: what befalls three servers and their registry, and what callers notice

  --registry NAME  etcd or zookeeper; both unless given
  --only 1,5       these rows of the table
  --quick          less of everything: some minutes
  --long           the registry is away for ten minutes in place of one

Ends with exit code 1 where a must was missed, with 3 where none was and some cannot be told, since the machine was busy, and
with 2 where it could not be run.
`;

export interface Options {
  readonly registries: readonly Where["kind"][];
  /** Numbers of rows. */
  readonly only: readonly number[];
  readonly size: "full" | "quick" | "long";
}

/** Reads the arguments. Throws where they are wrong. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      registry: { type: "string" },
      only: { type: "string" },
      quick: { type: "boolean", default: false },
      long: { type: "boolean", default: false },
    },
  });
  const known = [...rows, ...localRows].map(({ number }) => number);
  const only = values.only === undefined ? known : values.only.split(",").map((row) => wholeNumber("only", row));
  const strange = only.find((number) => !known.includes(number));
  if (strange !== undefined) throw new TypeError(`--only ${strange}: the rows are ${known.join(", ")}`);
  if (values.registry !== undefined && !isKind(values.registry))
    throw new TypeError(`--registry ${values.registry}: ${Object.keys(registries).join(" or ")} is wanted`);
  if (values.quick && values.long) throw new TypeError("give --quick or --long, not both");
  return {
    registries: values.registry === undefined ? (Object.keys(registries) as Where["kind"][]) : [values.registry],
    only,
    size: values.quick ? "quick" : values.long ? "long" : "full",
  };
}

const isKind = (name: string): name is Where["kind"] => Object.hasOwn(registries, name);
