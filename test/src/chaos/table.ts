import { type Figure, kept } from "./figure.js";
import type { Outcome } from "./run-row.js";

/** Returns the table of a run as Markdown. */
export function tableOf(registry: string, outcomes: readonly Outcome[]): string {
  const lines = outcomes.flatMap(({ number, title, figures, error }) => {
    const head = error === undefined ? [] : [[`**${title}**`, "", "", `not measured: ${error}`]];
    const body = figures.map((figure) => [
      `${title}: ${figure.what}`,
      mustOf(figure),
      shown(figure),
      verdictOf(figure),
    ]);
    return [...head, ...body].map((cells) => `| ${[number, ...cells.map(escaped)].join(" | ")} |`);
  });
  return [`| | ${registry} | must | measured | |`, "|---|---|---|---|---|", ...lines].join("\n");
}

/** Whether everything is what it must be. */
export function allKept(outcomes: readonly Outcome[]): boolean {
  return outcomes.every(
    ({ figures, error }) => error === undefined && figures.every((f) => kept(f, "quiet") !== false),
  );
}

function mustOf({ atMost, atLeast, unit }: Figure): string {
  if (atMost !== undefined) return atMost === 0 ? "none" : `≤ ${amount(atMost, unit)}`;
  return atLeast === undefined ? "" : `≥ ${amount(atLeast, unit)}`;
}

const shown = ({ measured, unit }: Figure): string => amount(measured, unit);

function verdictOf(figure: Figure): string {
  const verdict = kept(figure, "quiet");
  if (verdict === undefined) return "";
  return verdict ? "kept" : `MISSED${figure.note === undefined ? "" : `: ${figure.note}`}`;
}

/** Three digits are enough, and whole numbers are counts. */
function amount(value: number, unit: Figure["unit"]): string {
  const text = Number.isInteger(value) ? String(value) : value >= 100 ? value.toFixed(0) : value.toPrecision(3);
  return unit === "" || unit === "x" || unit === "%" ? `${text}${unit === "" ? "" : ` ${unit}`}` : `${text} ${unit}`;
}

const escaped = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
