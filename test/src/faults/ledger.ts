import type { Memory } from "@rpc/bench/processes";
import { defineService } from "@rpc/core";

/** What the server of these tests does, and keeps a ledger of: each call has a number of its own. */
export interface Ledger {
  once(number: number): number;
  again(number: number): number;
  large(number: number, bytes: number): Uint8Array;
}

export const LedgerService = defineService<Ledger>("Ledger", { once: {}, again: { idempotent: true }, large: {} });

/** What is right as the answer to a call of this number. */
export function rightAnswer(number: number): number {
  return 2 * number + 1;
}

/** What became of a call, as its caller saw it. */
export interface Outcome {
  readonly number: number;
  readonly method: "once" | "again" | "large";
  /** "answered", "wrong", or the error's code. */
  readonly was: string;
  readonly reason: string;
  readonly processed: "no" | "maybe" | "yes";
  readonly message: string;
  /** How long it took, in ms, of the time in which the caller's process was given a processor. */
  readonly tookMs: number;
}

export interface LoadOptions {
  readonly address: string;
  /** The first call's number. Defaults to 0. */
  readonly from?: number;
  readonly calls: number;
  readonly inFlight: number;
  readonly timeoutMs: number;
  /** Bytes of every tenth answer; left out: all are small. */
  readonly largeBytes?: number;
  /** Calls through the connector of the last load that kept it, and keeps it too. Defaults to false: one of its own. */
  readonly keep?: boolean;
  /** The authority that it trusts over TLS. */
  readonly ca?: string;
  /** Further options of `connect`. */
  readonly connect?: {
    readonly retry?:
      | false
      | { readonly attempts?: number; readonly budget?: { readonly ratio?: number; readonly perSecond?: number } };
    readonly keepAlive?: { readonly busyMs?: number; readonly timeoutMs?: number };
    readonly connectMs?: number;
    readonly waitForReady?: boolean;
    readonly backoff?: { readonly firstMs?: number; readonly longestMs?: number };
  };
}

export interface LedgerQuestions {
  /** Server: listens, and answers with its address. */
  listen: { readonly ask: ServerOptions; readonly answer: string };
  /** Server: how often the handler of each call ran, by the call's number. */
  ran: { readonly ask: object; readonly answer: Readonly<Record<number, number>> };
  /** Server: the most bytes that wait for one connection, and how many connections there are. */
  unsent: { readonly ask: object; readonly answer: { readonly mostBytes: number; readonly connections: number } };
  /** Client: how often the last load that did not keep its connector dialled. */
  dials: { readonly ask: object; readonly answer: number };
  /** Client: makes calls, and answers when every one of them has settled. */
  load: { readonly ask: LoadOptions; readonly answer: readonly Outcome[] };
  /** Either: what is held after garbage was collected. */
  memory: { readonly ask: object; readonly answer: Memory };
}

/** A certificate and its key, as PEM text. */
export interface Secrets {
  readonly certificate: string;
  readonly key: string;
}

/** Further options of `serve`. */
export interface ServerOptions {
  readonly listen?: string;
  /** What it listens with over TLS. */
  readonly secrets?: Secrets;
  readonly limits?: { readonly helloMs?: number; readonly partialMs?: number };
}
