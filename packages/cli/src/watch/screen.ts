import type { Writable } from "node:stream";
import { sizeOf } from "../terminal.js";
import { type ClusterView, placeOf } from "./cluster-view.js";
import { cut, shownRows } from "./shown-rows.js";

/* The screen that programs draw on while the user's own is kept (xterm, 1049), and the cursor, out of sight and back. */
const enter = "\u001b[?1049h\u001b[?25l";
const leave = "\u001b[?25h\u001b[?1049l";
const home = "\u001b[H";
const clearToEndOfLine = "\u001b[K";
const clearBelow = "\u001b[J";

/** What is drawn on a terminal, again and again. */
export interface Screen {
  draw(view: ClusterView, now: number): void;
  /** Gives the terminal back as it was. */
  close(): void;
}

/** Takes the terminal. To be closed; where the process ends before that, at the second Ctrl-C, it is given back all the same. */
export function openScreen(stdout: Writable, target: string): Screen {
  const giveBack = (): void => void stdout.write(leave);
  process.once("exit", giveBack);
  stdout.write(enter);
  return {
    draw(view, now) {
      const { columns, rows } = sizeOf(stdout);
      const lines = drawn(view, now, target, columns, rows);
      stdout.write(`${home}${lines.map((line) => `${line}${clearToEndOfLine}`).join("\r\n")}${clearBelow}`);
    },
    close() {
      process.off("exit", giveBack);
      giveBack();
    },
  };
}

/** Returns what a screen of this size shows: no line is wider, and there are no more of them. */
export function drawn(
  view: ClusterView,
  now: number,
  target: string,
  columns: number,
  rows: number,
): readonly string[] {
  const all = view.rows(now);
  const silent = new Set(all.filter(({ state }) => state === "unreachable").map(({ endpoint }) => placeOf(endpoint)))
    .size;
  const head = `${target}: ${view.listed().size} instances${silent > 0 ? `, ${silent} unreachable` : ""}`;
  const lost =
    view.registryLost === undefined
      ? []
      : [`the registry cannot be read, its last lists are shown: ${view.registryLost}`];
  const body = all.length === 0 ? ["nothing is registered"] : shownRows(all, columns);
  const room = rows - 2 - lost.length;
  const fitting = body.length <= room ? body : [...body.slice(0, room - 1), `… and ${body.length - room + 1} more`];
  return [head, ...lost, ...fitting, "Ctrl-C ends it"].map((line) => cut(line, columns)).slice(0, rows);
}
