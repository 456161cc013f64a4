import type { Endpoint } from "@rpc/core";
import type { Answer } from "./poll.js";
import { pendingOf, type Rates, ratesBetween } from "./rates.js";

/** For so long an instance that has left is shown, in ms. */
const shownAfterMs = 5_000;

/** One instance of one service. */
export interface Row {
  readonly service: string;
  readonly endpoint: Endpoint;
  /** Its id; empty while only its address is known. */
  readonly instance: string;
  readonly state: "asking" | "serving" | "draining" | "inactive" | "unreachable" | "gone";
  /** Why it cannot be reached. */
  readonly reason: string | undefined;
  /** undefined until it was asked twice. */
  readonly rates: Rates | undefined;
  /** Calls without an outcome. */
  readonly pending: number | undefined;
  readonly uptimeMs: number | undefined;
}

/** What has happened, told once. */
export type Happening =
  | { readonly kind: "came" | "gone" | "changed" | "figures" | "unreachable"; readonly row: Row }
  | { readonly kind: "registry"; readonly lost: string | undefined };

interface Kept {
  row: Row;
  answer: Answer | undefined;
  leftAt: number | undefined;
}

/** What is known of a cluster: who is listed, and what each said last. Does nothing by itself. */
export class ClusterView {
  readonly #kept = new Map<string, Kept>();
  readonly #tell: (happening: Happening) => void;
  /** Why the registry cannot be read, while it cannot. */
  registryLost: string | undefined;

  constructor(tell: (happening: Happening) => void) {
    this.#tell = tell;
  }

  /** In order of service and address. Those that have left are among them for 5 s. */
  rows(now: number): readonly Row[] {
    for (const [key, { leftAt }] of this.#kept)
      if (leftAt !== undefined && now - leftAt > shownAfterMs) this.#kept.delete(key);
    return [...this.#kept.values()].map(({ row }) => row).sort(byServiceAndAddress);
  }

  /** The instances that are listed, each once, whatever number of services it has. */
  listed(): ReadonlyMap<string, Endpoint> {
    const endpoints = new Map<string, Endpoint>();
    for (const { row, leftAt } of this.#kept.values())
      if (leftAt === undefined) endpoints.set(placeOf(row.endpoint), row.endpoint);
    return endpoints;
  }

  /** Takes in the whole list of a service. */
  list(service: string, endpoints: readonly Endpoint[], now: number): void {
    const listed = new Set(endpoints.map((endpoint) => keyOf(service, endpoint)));
    for (const [key, kept] of this.#kept)
      if (kept.row.service === service && kept.leftAt === undefined && !listed.has(key)) this.#leave(kept, now);
    for (const endpoint of endpoints) this.#put(service, endpoint);
  }

  /** Takes in what a place answered, for each of its services. */
  answered(place: string, answer: Answer): void {
    for (const kept of this.#kept.values())
      if (placeOf(kept.row.endpoint) === place && kept.leftAt === undefined) this.#take(kept, answer);
  }

  registry(lost: string | undefined): void {
    if (this.registryLost === lost) return;
    this.registryLost = lost;
    this.#tell({ kind: "registry", lost });
  }

  #put(service: string, endpoint: Endpoint): void {
    const key = keyOf(service, endpoint);
    const kept = this.#kept.get(key);
    if (kept === undefined || kept.leftAt !== undefined) {
      const row: Row = { ...unknown, service, endpoint, instance: endpoint.id === endpoint.address ? "" : endpoint.id };
      this.#kept.set(key, { row, answer: undefined, leftAt: undefined });
      this.#tell({ kind: "came", row });
    } else if (JSON.stringify(kept.row.endpoint) !== JSON.stringify(endpoint)) {
      kept.row = { ...kept.row, endpoint };
      this.#tell({ kind: "changed", row: kept.row });
    }
  }

  #leave(kept: Kept, now: number): void {
    kept.leftAt = now;
    kept.row = { ...kept.row, state: "gone", rates: undefined, pending: undefined };
    this.#tell({ kind: "gone", row: kept.row });
  }

  #take(kept: Kept, answer: Answer): void {
    const before = kept.answer;
    kept.answer = answer;
    const { service, endpoint } = kept.row;
    if (answer.kind === "unreachable") {
      const { instance } = kept.row;
      const told = kept.row.state === "unreachable" && kept.row.reason === answer.reason;
      kept.row = { ...unknown, service, endpoint, instance, state: "unreachable", reason: answer.reason };
      if (!told) this.#tell({ kind: "unreachable", row: kept.row });
      return;
    }
    const { instance, stats } = answer;
    const last = before?.kind === "figures" ? before.stats : undefined;
    const rates = last === undefined ? undefined : (ratesBetween(last, stats, service) ?? kept.row.rates);
    const state = endpoint.inactive && instance.state === "serving" ? "inactive" : instance.state;
    const { id, uptimeMs } = instance;
    const pending = pendingOf(stats, service);
    kept.row = { service, endpoint, instance: id, state, reason: undefined, rates, pending, uptimeMs };
    if (rates !== undefined) this.#tell({ kind: "figures", row: kept.row });
  }
}

const unknown = {
  state: "asking",
  reason: undefined,
  rates: undefined,
  pending: undefined,
  uptimeMs: undefined,
} as const;

/** Where to ask: an instance that started again at its address is asked anew. */
export const placeOf = ({ id, address }: Endpoint): string => `${address} ${id}`;

const keyOf = (service: string, endpoint: Endpoint): string => `${service} ${placeOf(endpoint)}`;

function byServiceAndAddress(a: Row, b: Row): number {
  const [one, other] = [a, b].map(({ service, endpoint }) => keyOf(service, endpoint));
  return one! < other! ? -1 : one! > other! ? 1 : 0;
}
