import type { Args } from "./command.js";
import { printable } from "./printable.js";

/** Returns rows under their heads, in columns without lines, for people to read. Loads what draws it. */
export async function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  { color }: Pick<Args, "color">,
): Promise<string> {
  const { default: Table } = await import("cli-table3");
  const { createColors } = await import("picocolors");
  const { bold } = createColors(color);
  const none = Object.fromEntries(borders.map((name) => [name, ""]));
  const drawn = new Table({
    chars: { ...none, middle: "  " },
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
  });
  drawn.push(
    heads.map((head) => bold(head.toUpperCase())),
    ...rows.map((row) => row.map(printable)),
  );
  return `${drawn.toString().replaceAll(/ +$/gm, "")}\n`;
}

const borders = [
  ...["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"],
  ...["left", "left-mid", "mid", "mid-mid", "right", "right-mid"],
];
