import { type Figure, kept } from "./figure.js";
import type { Outcome } from "./run-row.js";

/** What the rows of one registry, or of none, came to. */
export interface Part {
  readonly where: string;
  readonly outcomes: readonly Outcome[];
}

/** Returns the table of a run as Markdown. */
export function tableOf(parts: readonly Part[]): string {
  const lines = parts.flatMap(({ where, outcomes }) => outcomes.flatMap((outcome) => linesOf(where, outcome)));
  return ["| | | | must | measured | |", "|---|---|---|---|---|---|", ...lines].join("\n");
}

/** Returns the lines of one row. */
export function linesOf(where: string, { number, title, figures, error }: Outcome): readonly string[] {
  const head = error === undefined ? [] : [[`**${title}**`, "", "", `not measured: ${error}`]];
  const body = figures.map((figure) => [`${title}: ${figure.what}`, mustOf(figure), shown(figure), verdictOf(figure)]);
  return [...head, ...body].map(
    (cells) => `| ${[number, where, ...cells].map((cell) => escaped(`${cell}`)).join(" | ")} |`,
  );
}

/** Returns "kept" where everything is what it must be, "missed" where something is not, and "unknown" where that cannot be told. */
export function verdictOn(outcomes: readonly Outcome[]): "kept" | "missed" | "unknown" {
  const figures = outcomes.flatMap((outcome) => outcome.figures);
  const missed = figures.some((figure) => figure.doubt === undefined && kept(figure, "quiet") === false);
  if (missed || outcomes.some(({ error }) => error !== undefined)) return "missed";
  return figures.some(({ doubt }) => doubt !== undefined) ? "unknown" : "kept";
}

function mustOf({ atMost, atLeast, unit }: Figure): string {
  if (atMost !== undefined) return atMost === 0 ? "none" : `≤ ${amount(atMost, unit)}`;
  return atLeast === undefined ? "" : `≥ ${amount(atLeast, unit)}`;
}

const shown = ({ measured, unit }: Figure): string => amount(measured, unit);

function verdictOf(figure: Figure): string {
  const verdict = kept(figure, "quiet");
  if (verdict === undefined) return "";
  if (figure.doubt !== undefined) return `not known: ${figure.doubt}`;
  return verdict ? "kept" : `MISSED${figure.note === undefined ? "" : `: ${figure.note}`}`;
}

/** Three digits are enough, and whole numbers are counts. */
function amount(value: number, unit: Figure["unit"]): string {
  const text = Number.isInteger(value) ? String(value) : value >= 100 ? value.toFixed(0) : value.toPrecision(3);
  return unit === "" || unit === "x" || unit === "%" ? `${text}${unit === "" ? "" : ` ${unit}`}` : `${text} ${unit}`;
}

const escaped = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
