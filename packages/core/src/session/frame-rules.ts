import { ignorable, Kind } from "../wire/header.js";

/** Where a session is; it only goes forward. `retired`: no new calls either way, those under way go on. */
export type SessionState = "opening" | "ready" | "retired" | "closed";

/** What the two sides have agreed on beside what is always there. */
export interface Agreed {
  readonly blocks: boolean;
  readonly streams: boolean;
}

/** What becomes of a frame: it is taken, passed over, or ends the connection. */
export type Rule = "take" | "skip" | "end";

const calls: ReadonlySet<number> = new Set([
  Kind.open,
  Kind.opened,
  Kind.request,
  Kind.response,
  Kind.error,
  Kind.reject,
  Kind.cancel,
  Kind.chunk,
  Kind.ping,
  Kind.pong,
  Kind.drain,
]);

/**
 * The table of state × kind. Before the hello was exchanged only the hello, its answer and a refusal may come; after
 * it, never again. Blocks are taken where compression was agreed, frames of streams where streams were.
 */
export function ruleFor(state: SessionState, role: "dialler" | "acceptor", kind: number, agreed: Agreed): Rule {
  if (state === "closed") return "skip";
  if (kind === Kind.close) return "take";
  if (state === "opening") return kind === (role === "dialler" ? Kind.welcome : Kind.hello) ? "take" : "end";
  if (calls.has(kind)) return "take";
  if (kind === Kind.item || kind === Kind.end || kind === Kind.credit) return agreed.streams ? "take" : "end";
  if (kind === Kind.block) return agreed.blocks ? "take" : "end";
  return (kind & ignorable) !== 0 ? "skip" : "end";
}
