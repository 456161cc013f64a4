import { createHash } from "node:crypto";
import type { Entry, NodeState } from "@rpc/core";
import { entryFrom, stateFrom } from "@rpc/core/discovery";
import type { Owner } from "./owner.js";

/** What a lease's file says. */
export interface LeaseText {
  readonly owner: Owner;
  /**
   * When it was registered, in µs on the machine's monotonic clock: of two leases with the same instance the later
   * counts.
   */
  readonly registeredAt: number;
  readonly entries: readonly Entry[];
}

/** Counted up when older versions could no longer read what is written. */
const version = 1;

/**
 * Returns the text of a file: a line with the digest of the rest, so that a file which was cut off is never taken for
 * whole, then JSON.
 */
export function encodeText(value: LeaseText | NodeState): string {
  const body = JSON.stringify({ version, ...value });
  return `${digest(body)}\n${body}`;
}

/** Returns what the text of a lease's file says. Throws an error that says what is wrong with it. */
export function decodeLease(text: string): LeaseText {
  const { owner, registeredAt, entries } = decode(text) as Partial<LeaseText>;
  if (!isOwner(owner) || typeof registeredAt !== "number" || !Array.isArray(entries)) throw new Error("it is no lease");
  return { owner, registeredAt, entries: entries.map(entryFrom) };
}

/** Returns what the text of a patch's file says. Throws an error that says what is wrong with it. */
export function decodePatch(text: string): NodeState {
  return stateFrom(decode(text));
}

function decode(text: string): unknown {
  const end = text.indexOf("\n");
  const body = text.slice(end + 1);
  if (end < 0 || text.slice(0, end) !== digest(body)) throw new Error("it is cut off or damaged");
  const value = JSON.parse(body) as { version?: unknown };
  if (value.version !== version)
    throw new Error(`it is of version ${String(value.version)}, and this process knows version ${version}`);
  return value;
}

function digest(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}

function isOwner(value: unknown): value is Owner {
  const { pid, startedAt, machine } = (value ?? {}) as Partial<Owner>;
  return Number.isSafeInteger(pid) && pid! > 0 && typeof startedAt === "string" && typeof machine === "string";
}
