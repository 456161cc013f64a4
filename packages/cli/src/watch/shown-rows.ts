import { ms } from "../figures.js";
import { printable } from "../printable.js";
import type { Row } from "./cluster-view.js";

/** A column of the live table. */
interface Column {
  readonly head: string;
  readonly text: (row: Row) => string;
  readonly right?: true;
  /** Which columns give way first where the terminal is narrow: the higher, the sooner. 0 stays. */
  readonly spare: number;
}

const columns: readonly Column[] = [
  { head: "service", text: ({ service }) => service, spare: 0 },
  { head: "address", text: ({ endpoint }) => endpoint.address.replace(/^tcp:\/\//, ""), spare: 1 },
  { head: "instance", text: ({ instance }) => instance.slice(0, 8), spare: 5 },
  { head: "version", text: ({ endpoint }) => endpoint.tags["version"] ?? "", spare: 7 },
  { head: "state", text: ({ state }) => state, spare: 0 },
  { head: "up", text: ({ uptimeMs }) => (uptimeMs === undefined ? "" : span(uptimeMs)), right: true, spare: 6 },
  {
    head: "calls/s",
    text: ({ rates }) => (rates === undefined ? "" : rate(rates.callsPerSecond)),
    right: true,
    spare: 0,
  },
  {
    head: "failed/s",
    text: ({ rates }) => (rates === undefined ? "" : rate(rates.failedPerSecond)),
    right: true,
    spare: 2,
  },
  { head: "p50 ms", text: ({ rates }) => latency(rates?.callsPerSecond, rates?.p50Ms), right: true, spare: 4 },
  { head: "p99 ms", text: ({ rates }) => latency(rates?.callsPerSecond, rates?.p99Ms), right: true, spare: 3 },
  { head: "pending", text: ({ pending }) => (pending === undefined ? "" : String(pending)), right: true, spare: 6 },
];

const gap = "  ";

/** Returns the head and the lines of these rows, each of at most `width` characters: what does not fit is left out or cut. */
export function shownRows(rows: readonly Row[], width: number): readonly string[] {
  const all = columns.map((column) => ({ column, cells: rows.map((row) => printable(column.text(row))) }));
  const filled = all.map(({ column, cells }) => ({
    column,
    cells,
    width: Math.max(column.head.length, ...cells.map(({ length }) => length)),
  }));
  const fits = (kept: typeof filled): boolean =>
    kept.reduce((sum, each) => sum + each.width, (kept.length - 1) * gap.length) <= width;
  let kept = filled;
  for (let spare = 7; spare > 0 && !fits(kept); spare--) kept = kept.filter(({ column }) => column.spare < spare);
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, at) => (kept[at]!.column.right ? text.padStart(kept[at]!.width) : text.padEnd(kept[at]!.width)))
      .join(gap)
      .trimEnd();
  const lines = rows.map((row, index) => {
    const said = line(kept.map(({ cells }) => cells[index]!));
    return cut(row.reason === undefined ? said : `${said}${gap}${printable(row.reason)}`, width);
  });
  return [cut(line(kept.map(({ column }) => column.head.toUpperCase())), width), ...lines];
}

/** Returns the text, or as much of it as fits. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** Returns calls a second with as many digits as say something. */
export function rate(perSecond: number): string {
  return perSecond >= 10 || perSecond === 0 ? perSecond.toFixed(0) : perSecond.toFixed(1);
}

function latency(callsPerSecond: number | undefined, spanMs: number | undefined): string {
  return callsPerSecond === undefined || callsPerSecond === 0 || spanMs === undefined ? "" : ms(spanMs);
}

function span(uptimeMs: number): string {
  const seconds = Math.floor(uptimeMs / 1_000);
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
