import { createHash } from "node:crypto";
import type { Entry, NodeState } from "@rpc/core";
import { entryFrom, stateFrom } from "@rpc/core/discovery";

/** Longest value of a service's meta in Consul, in bytes. */
const pieceBytes = 512;

/** What our services are tagged with, so that others' in the same catalogue are told apart. */
export const instanceTag = "rpc";
export const stateTag = "rpc-state";
/** The node, no machine, under which states are kept that operators set: what an agent registered only it can change. */
export const stateNode = "rpc-state";

/** A service as the catalogue lists it; the fields that count here. */
export interface CatalogService {
  readonly ID: string;
  readonly Service: string;
  readonly Tags?: readonly string[] | null;
  readonly Meta?: Readonly<Record<string, string>> | null;
}

/** An entry as one process registered it. */
export interface Registered {
  readonly cluster: string;
  /** Counted up by each update: a state that was set belongs to one revision. */
  readonly revision: number;
  /** When the lease was made, in ms: of two leases with the same instance the later counts, then the one whose id is greater. */
  readonly registeredAt: number;
  readonly entry: Entry;
}

/** One field of a state, as an operator set it. */
export interface Patched {
  readonly of: string;
  readonly revision: number;
  readonly state: NodeState;
}

/** Returns what a service is called in Consul, where case does not count: several may share a name, and are told apart by their entries. */
export function consulName(service: string): string {
  return service.toLowerCase().replace(/[^a-z0-9-]/g, "-");
}

/** Returns the id of a registration: one for each lease, so that an old one's end does not touch a new one. */
export function serviceId(lease: string, { service, id }: Entry): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([service, id]))
    .digest("hex");
  return `rpc:${lease}:${digest.slice(0, 24)}`;
}

/** Returns a value as meta: ASCII JSON in pieces. */
export function metaOf(value: Registered | Patched): Record<string, string> {
  const text = JSON.stringify({ version: 1, ...value }).replace(/[\u007f-\uffff]/g, escaped);
  const count = Math.ceil(text.length / pieceBytes);
  return Object.fromEntries(
    Array.from({ length: count }, (_, place) => [
      `rpc-${place}`,
      text.slice(place * pieceBytes, (place + 1) * pieceBytes),
    ]),
  );
}

/** Throws an error that says what is wrong with it. */
export function registeredFrom(service: CatalogService): Registered {
  const { cluster, revision, registeredAt, entry } = saidBy(service) as Partial<Registered>;
  if (typeof cluster !== "string" || typeof revision !== "number" || typeof registeredAt !== "number")
    throw new Error("it is no entry");
  return { cluster, revision, registeredAt, entry: entryFrom(entry) };
}

/** Throws an error that says what is wrong with it. */
export function patchedFrom(service: CatalogService): Patched {
  const { of, revision, state } = saidBy(service) as Partial<Patched>;
  if (typeof of !== "string" || typeof revision !== "number") throw new Error("it is no state");
  return { of, revision, state: stateFrom(state) };
}

function saidBy({ Meta }: CatalogService): object {
  let text = "";
  for (let place = 0; Meta?.[`rpc-${place}`] !== undefined; place++) text += Meta[`rpc-${place}`];
  const value = JSON.parse(text) as { readonly version?: unknown };
  if (value?.version !== 1)
    throw new Error(`it is of version ${String(value?.version)}, and this process knows version 1`);
  return value;
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
