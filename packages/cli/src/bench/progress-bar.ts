import type { Io } from "../io.js";
import { columnsOf } from "../terminal.js";
import type { Progress } from "./run-load.js";

const widest = 30;

/** Shows on stderr how far a run is, where a person looks. */
export function showProgress({ stderr, isTTY }: Io): { show(progress: Progress): void; clear(): void } {
  if (!isTTY) return { show() {}, clear() {} };
  return {
    show: (progress) => void stderr.write(`\r${progressBar(progress, columnsOf(stderr))}\u001b[K`),
    clear: () => void stderr.write("\r\u001b[K"),
  };
}

/** Returns a line of fewer than `columns` characters that says how far a run is. */
export function progressBar({ phase, elapsedMs, forMs, tally }: Progress, columns: number): string {
  const done = forMs === 0 ? 1 : elapsedMs / forMs;
  const failed = tally.failed > 0 ? `, ${tally.failed} failed` : "";
  const rate = Math.round((tally.ok * 1_000) / Math.max(1, elapsedMs));
  const said = phase === "measuring" ? `${rate} ok/s${failed}` : phase;
  const width = Math.max(0, Math.min(widest, columns - said.length - 10));
  const full = Math.round(done * width);
  const bar = width < 5 ? "" : `[${"#".repeat(full)}${".".repeat(width - full)}] `;
  return `${bar}${String(Math.floor(done * 100)).padStart(3)} % ${said}`.slice(0, Math.max(1, columns - 1));
}
