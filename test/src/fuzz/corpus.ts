import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type FuzzCase, fromKept, type KeptCase, kept } from "./fuzz-case.js";

/** Beside the sources: what once broke something is kept for ever, and said in every run of the tests. */
const folder = new URL("../../src/fuzz/corpus/", import.meta.url);

/** Returns the kept cases by their names. */
export function corpus(): ReadonlyMap<string, FuzzCase> {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return new Map(
    names.sort().map((name) => [name, fromKept(JSON.parse(readFileSync(new URL(name, folder), "utf8")) as KeptCase)]),
  );
}

/** Keeps a case. Returns the name of its file. */
export function keep(name: string, fuzzCase: FuzzCase, why: string): string {
  const file = `${name}.json`;
  writeFileSync(new URL(file, folder), `${JSON.stringify(kept(fuzzCase, why), undefined, 2)}\n`);
  return file;
}
