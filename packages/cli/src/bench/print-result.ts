import { ms } from "../figures.js";
import { printable } from "../printable.js";
import type { BenchResult } from "./result.js";

/** Above this share of the median, calls that were begun late say that this process is the narrow place. */
const lateShare = 0.5;
const lateMs = 2;

/** Returns a result as text for people. */
export function printResult(result: BenchResult): string {
  const { latency, lag, loop, rate, inFlight, connections } = result;
  const how =
    loop === "open"
      ? `${count(rate ?? 0)} calls/s, at most ${count(inFlight)} in flight`
      : `${count(inFlight)} in flight`;
  const over = connections === 1 ? "1 connection" : `${connections} connections`;
  const lines = [
    `${result.method} at ${result.target}`,
    `${loop} loop: ${how}, ${over}, ${(result.measuredMs / 1_000).toFixed(1)} s measured${result.interrupted ? " (interrupted)" : ""}`,
    "",
    `calls     ${count(result.calls)}: ${count(result.ok)} ok, ${count(result.failed)} failed${result.unfinished > 0 ? `, ${count(result.unfinished)} without an outcome` : ""}`,
    `rate      ${count(Math.round(result.okPerSecond))} ok/s`,
    `latency   ${result.ok === 0 ? "no call was answered" : percentiles(latency)}`,
    ...result.errors.map(
      ({ code, reason, message, count: times }, at) =>
        `${at === 0 ? "errors" : "      "}    ${count(times)} × ${[code, reason]
          .filter((each) => each !== "")
          .map(printable)
          .join(" ")}${message === "" ? "" : `: ${printable(message)}`}`,
    ),
  ];
  if (result.notBegun > 0)
    lines.push(
      "",
      `${count(result.notBegun)} calls were due and have not been begun: the target does not keep up with this rate.`,
    );
  if (lag !== null && lag.p99Ms > Math.max(lateMs, latency.p50Ms * lateShare) && result.notBegun === 0)
    lines.push(
      "",
      `1 call in 100 was begun ${ms(lag.p99Ms)} ms or more after it was due: this client, or --in-flight, is the narrow place.`,
    );
  return `${lines.join("\n")}\n`;
}

function percentiles({ p50Ms, p90Ms, p99Ms, p999Ms, maxMs }: BenchResult["latency"]): string {
  return `p50 ${ms(p50Ms)}, p90 ${ms(p90Ms)}, p99 ${ms(p99Ms)}, p99.9 ${ms(p999Ms)}, max ${ms(maxMs)} ms`;
}

const count = (value: number): string => value.toLocaleString("en-US");
