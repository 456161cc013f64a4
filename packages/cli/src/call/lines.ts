import { StringDecoder } from "node:string_decoder";
import { CliError } from "../cli-error.js";
import type { Io } from "../io.js";

/** A line that is longer is no item that a server would take, in characters. */
const longest = 16 * 1_048_576;

/** Returns the lines of stdin, the last one too where nothing ends it. Ends with the signal, where the user interrupts. */
export async function* linesOf({ stdin, signal }: Io): AsyncGenerator<string, void> {
  const decoder = new StringDecoder("utf8");
  const onAbort = (): void => void stdin.destroy(signal.reason as Error);
  signal.addEventListener("abort", onAbort);
  let rest = "";
  try {
    for await (const chunk of stdin) {
      const lines = (rest + decoder.write(chunk as Buffer)).split("\n");
      rest = lines.pop()!;
      yield* lines;
      if (rest.length > longest) throw new CliError(`a line of stdin has more than ${longest} characters`);
    }
    rest += decoder.end();
    if (rest !== "") yield rest;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
