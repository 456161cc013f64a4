import { CliError } from "../cli-error.js";
import { jsonFault } from "./json-fault.js";

/** Reads one JSON value. Throws a `CliError` that names `where` it stood, the place in it, and what was expected there. */
export function readJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { at, wanted } = jsonFault(text) ?? { at: text.length, wanted: "a value" };
    const before = text.slice(0, at).split("\n");
    const place = `line ${before.length}, column ${before.at(-1)!.length + 1}`;
    const met = at >= text.length ? "it ends there" : `not ${JSON.stringify(text.slice(at, at + 12))}`;
    const hint =
      text.trim() === "" ? "" : /^[A-Za-z]/.test(text.trim()) ? `; a text is written '"${firstWord(text)}"'` : "";
    throw new CliError(`${where} is not JSON: ${place}: ${wanted} is expected, ${met}${hint}`, 2, { cause });
  }
}

function firstWord(text: string): string {
  return /^[A-Za-z]+/.exec(text.trim())![0].slice(0, 20);
}
