import type { Figures } from "./messages.js";

const styles = { plain: "", bold: "1", good: "32", bad: "31", event: "33" } as const;
export type Style = keyof typeof styles;

/** Where people read what happens: plain lines, coloured on a terminal unless `NO_COLOR` forbids it (see https://no-color.org). */
export interface Screen {
  line(text: string, style?: Style): void;
  /** What happened so many ms after the first order. */
  event(atMs: number, text: string, style?: Style): void;
  /** The figures of a second, with a column for each server; under a heading where it has none yet. `down` are the servers that do not run. */
  second(atMs: number, figures: Figures, servers: readonly string[], down: ReadonlySet<string>): void;
}

/** Returns a screen that writes to the standard output. */
export function createScreen(): Screen {
  const { NO_COLOR = "", TERM } = process.env;
  const coloured = process.stdout.isTTY && NO_COLOR === "" && TERM !== "dumb";
  let heading = "";

  const line = (text: string, style: Style = "plain") => {
    const code = styles[style];
    process.stdout.write(coloured && code !== "" ? `\u001b[${code}m${text}\u001b[0m\n` : `${text}\n`);
  };

  return {
    line,
    event: (atMs, text, style = "event") => line(`${time(atMs)}  ${text}`, style),
    second: (atMs, figures, servers, down) => {
      const itsHeading = `   time   calls  failed  retried  p50 ms  p99 ms  max ms  ${servers.join("  ")}`;
      if (itsHeading !== heading) line(itsHeading, "bold");
      heading = itsHeading;
      line(row(atMs, figures, servers, down), figures.failed > 0 ? "bad" : "plain");
    },
  };
}

function row(atMs: number, figures: Figures, servers: readonly string[], down: ReadonlySet<string>): string {
  const { calls, failed, retried, latencyMs, answeredBy } = figures;
  const { p50, p99, max } = latencyMs;
  const counts = [String(calls).padStart(6), String(failed).padStart(6), String(retried).padStart(7)];
  const latencies = [p50, p99, max].map((ms) => ms.toFixed(ms < 100 ? 1 : 0).padStart(6));
  const answers = servers.map((name) => {
    const count = answeredBy[name] ?? 0;
    return (count === 0 && down.has(name) ? "down" : String(count)).padStart(name.length);
  });
  return [time(atMs), ...counts, ...latencies, ...answers].join("  ");
}

function time(ms: number): string {
  return `${(ms / 1_000).toFixed(1).padStart(5)} s`;
}
