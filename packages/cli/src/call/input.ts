import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { MethodKind } from "@rpc/core";
import type { MethodContract, ServiceContract } from "@rpc/schema";
import { CliError, ExitCode } from "../cli-error.js";
import type { Io } from "../io.js";
import { bySchema } from "../json/by-schema.js";
import { readJson } from "../json/read-json.js";
import { untagged } from "../json/tags.js";
import { linesOf } from "./lines.js";

type Types = ServiceContract["types"];

/** The arguments of a call, as the user gave them. */
export interface Input {
  /** What was wrong with a line of stdin: the call that it was for fails by it. */
  readonly fault: CliError | undefined;
  /** Reads all arguments. Rejects with a `CliError` where one is no JSON, or a file cannot be read. */
  readAll(): Promise<void>;
  /**
   * Returns what the method is to be given, by its schemas where these are known, with the items of stdin where it takes a
   * stream. Throws a `CliError` where there are too few or too many.
   */
  valuesFor(path: string, kind: MethodKind, contract: MethodContract | undefined, types: Types): readonly unknown[];
  /** Lets go of stdin. */
  close(): void;
}

/** Returns the arguments that these texts are: JSON, `@file`, or `-` for stdin. */
export function createInput(texts: readonly string[], io: Io): Input {
  let values: readonly unknown[] = [];
  let fault: CliError | undefined;
  let usesStdin = texts.includes("-");
  if (texts.filter((text) => text === "-").length > 1) throw new CliError("stdin (-) can be one argument only");

  async function* itemsOf(read: (item: unknown, where: string) => unknown): AsyncGenerator<unknown, void> {
    let number = 0;
    try {
      for await (const line of linesOf(io)) {
        number++;
        if (line.trim() !== "") yield read(untagged(readJson(line, `line ${number} of stdin`)), `line ${number}`);
      }
    } catch (error) {
      if (error instanceof CliError) fault = error;
      throw error;
    }
  }

  return {
    get fault() {
      return fault;
    },
    async readAll() {
      values = await Promise.all(texts.map((text, index) => argumentOf(text, index, io)));
    },
    valuesFor(path, kind, contract, types) {
      const takesStream = kind === "client" || kind === "duplex";
      if (takesStream && usesStdin) throw new CliError(`${path} reads its stream from stdin: no argument can be -`);
      usesStdin ||= takesStream;
      if (contract === undefined) return takesStream ? [...values, itemsOf((item) => item)] : values;
      return byContract(path, values, contract, types, itemsOf);
    },
    close() {
      if (usesStdin) io.stdin.destroy();
    },
  };
}

async function argumentOf(text: string, index: number, io: Io): Promise<unknown> {
  const place = `argument ${index + 1}`;
  if (text === "-") return untagged(readJson(await allOf(io), `${place} (stdin)`));
  if (!text.startsWith("@")) return untagged(readJson(text, place));
  const file = text.slice(1);
  const content = await readFile(resolve(io.cwd, file), "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new CliError(`${place}: ${file} cannot be read: ${cause.code}`, ExitCode.usage, { cause });
  });
  return untagged(readJson(content, `${place} (${file})`));
}

async function allOf(io: Io): Promise<string> {
  const lines: string[] = [];
  for await (const line of linesOf(io)) lines.push(line);
  return lines.join("\n");
}

/** Gives each parameter its argument, and the one that streams the items of stdin. */
function byContract(
  path: string,
  given: readonly unknown[],
  { parameters, signature }: MethodContract,
  types: Types,
  itemsOf: (read: (item: unknown, where: string) => unknown) => AsyncIterable<unknown>,
): readonly unknown[] {
  const left = [...given];
  const values: unknown[] = [];
  for (const { name, schema, optional, rest, stream } of parameters) {
    if (stream) values.push(itemsOf((item, where) => bySchema(item, schema, types, where)));
    else if (rest) values.push(...left.splice(0).map((value, at) => bySchema(value, schema, types, `${name}[${at}]`)));
    else if (left.length > 0) values.push(bySchema(left.shift(), schema, types, name));
    else if (!optional) throw new CliError(`${path} wants ${name}, which is missing: ${signature}`);
    else values.push(undefined);
  }
  if (left.length > 0)
    throw new CliError(`${path} takes ${parameters.length} arguments, and ${given.length} are given: ${signature}`);
  // What was left out at the end is not sent.
  while (values.length > 0 && values.at(-1) === undefined && values.length > given.length) values.pop();
  return values;
}
