import { readFileSync } from "node:fs";

const text = readFileSync(new URL("../../../../docs/protocol.md", import.meta.url), "utf8");

/** A line of a golden block: its bytes, and what stands beside them. */
export interface GoldenLine {
  readonly bytes: Buffer;
  readonly comment: string;
}

const blocks = readBlocks();
const asked = new Set<string>();

/** Returns the bytes of a block of docs/protocol.md. Throws where there is none of that name. */
export function golden(name: string): Buffer {
  return Buffer.concat(goldenLines(name).map(({ bytes }) => bytes));
}

/** Returns the lines of a block of docs/protocol.md. Throws where there is none of that name. */
export function goldenLines(name: string): readonly GoldenLine[] {
  const lines = blocks.get(name);
  if (lines === undefined) throw new Error(`docs/protocol.md has no block "golden: ${name}"`);
  asked.add(name);
  return lines;
}

/** Returns the names of blocks that nobody has asked for. */
export function unasked(): string[] {
  return [...blocks.keys()].filter((name) => !asked.has(name));
}

/** Returns the cells of every row of the table that follows a heading, without the row of its titles. */
export function tableAfter(heading: string): string[][] {
  const lines = text.split("\n");
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`docs/protocol.md has no heading "${heading}"`);
  const from = lines.findIndex((line, index) => index > start && line.startsWith("|"));
  const rows: string[][] = [];
  for (let index = from + 2; lines[index]?.startsWith("|"); index++) {
    rows.push(
      lines[index]!.split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
  }
  return rows;
}

function readBlocks(): Map<string, GoldenLine[]> {
  const found = new Map<string, GoldenLine[]>();
  for (const [, title = "", body = ""] of text.matchAll(/^```hex(.*)\n([^`]*)^```$/gm)) {
    const name = /^ golden: ([a-z-]+)$/.exec(title)?.[1];
    if (name === undefined) throw new Error(`docs/protocol.md has a block of hex without a name: "${title}"`);
    if (found.has(name)) throw new Error(`docs/protocol.md has two blocks "golden: ${name}"`);
    found.set(name, body.trimEnd().split("\n").map(readLine));
  }
  const fences = text.match(/^```hex/gm)?.length ?? 0;
  if (fences !== found.size) throw new Error(`docs/protocol.md has ${fences} blocks of hex, ${found.size} can be read`);
  return found;
}

function readLine(line: string): GoldenLine {
  const [digits = "", comment = ""] = line.split(/#(.*)/s);
  const parts = digits.split(/\s+/).filter((part) => part !== "");
  return { bytes: Buffer.concat(parts.map(readPart)), comment: comment.trim() };
}

/** Two digits to a byte; `78*300`: that byte 300 times. */
function readPart(part: string): Buffer {
  const repeated = /^([0-9a-f]{2})\*([1-9][0-9]*)$/.exec(part);
  if (repeated !== null) return Buffer.alloc(Number(repeated[2]), Number.parseInt(repeated[1]!, 16));
  if (!/^([0-9a-f]{2})+$/.test(part)) throw new Error(`docs/protocol.md: "${part}" is not hex`);
  return Buffer.from(part, "hex");
}
