import { readFile } from "node:fs/promises";

/** Reads a JSON file, comments and commas before a closing bracket allowed, as in tsconfig.json; undefined where that cannot be. */
export async function jsonFile(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const text = await readFile(path, "utf8");
    const bare = text
      .replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*.*?\*\//gs, (_, string?: string) => string ?? "")
      .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_, string?: string) => string ?? "");
    return JSON.parse(bare) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
