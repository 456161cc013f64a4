import { ms } from "../figures.js";
import { printable, printableJson } from "../printable.js";
import type { Happening, Row } from "./cluster-view.js";
import { rate } from "./shown-rows.js";

/** Returns a line for people about what has happened. */
export function lineOf(happening: Happening, at: Date): string {
  const time = at.toISOString().slice(11, 19);
  if (happening.kind === "registry") {
    const { lost } = happening;
    return `${time} ${lost === undefined ? "the registry is read again" : `the registry cannot be read: ${printable(lost)}`}`;
  }
  const { row } = happening;
  return `${time} ${printable(`${row.service} at ${row.endpoint.address}${row.instance === "" ? "" : ` (${row.instance.slice(0, 8)})`}`)} ${said(happening.kind, row)}`;
}

function said(kind: string, { state, reason, rates, pending, endpoint }: Row): string {
  if (kind === "unreachable") return `is unreachable: ${printable(reason ?? "")}`;
  if (kind !== "figures" || rates === undefined)
    return kind === "changed" ? `has changed: ${tags(endpoint)}` : `has ${kind === "came" ? "come" : "gone"}`;
  const { callsPerSecond, failedPerSecond, p50Ms, p99Ms } = rates;
  const latency = callsPerSecond === 0 ? "" : `, p50 ${ms(p50Ms)} ms, p99 ${ms(p99Ms)} ms`;
  return `${state}: ${rate(callsPerSecond)} calls/s, ${rate(failedPerSecond)} failed/s${latency}, ${pending} pending`;
}

function tags({ weight, inactive, tags }: Row["endpoint"]): string {
  const named = Object.entries(tags).map(([name, value]) => `${name}=${value}`);
  return printable([inactive ? "inactive" : "active", `weight ${weight}`, ...named].join(", "));
}

/** Returns the same for programs: one JSON object. */
export function jsonOf(happening: Happening, at: Date): string {
  if (happening.kind === "registry") return printableJson({ at, kind: "registry", lost: happening.lost ?? null });
  const { service, endpoint, instance, state, reason, rates, pending, uptimeMs } = happening.row;
  const { address, weight, tags, inactive } = endpoint;
  const who = { service, instance, address };
  if (happening.kind === "came" || happening.kind === "changed")
    return printableJson({ at, kind: happening.kind, ...who, weight, inactive, tags });
  if (happening.kind === "gone") return printableJson({ at, kind: "gone", ...who });
  if (happening.kind === "unreachable") return printableJson({ at, kind: "unreachable", ...who, reason });
  return printableJson({ at, kind: "figures", ...who, state, uptimeMs, pending, ...rates });
}
