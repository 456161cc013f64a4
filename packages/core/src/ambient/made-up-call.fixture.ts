import { type Call, noMetadata } from "../contract/call.js";

/** Returns a call of nobody, with these arguments. */
export function madeUpCall(...input: unknown[]): Call {
  return {
    method: {
      service: "Made",
      name: "up",
      path: "/Made/up",
      index: 0,
      kind: "unary",
      idempotent: false,
      timeoutMs: 0,
      handlersRunning: 0,
    },
    startedAt: 0,
    input,
    metadata: noMetadata,
    deadline: 10_000,
    signal: undefined,
    priority: "normal",
    attempt: 1,
    oneway: false,
    route: undefined,
    peer: undefined,
    replyMetadata: noMetadata,
    endpoint: undefined,
    idempotent: false,
    cautious: false,
    processed: "no",
    carrier: undefined,
    carriedAs: 0,
    abandoned: undefined,
    settled: false,
    nested: undefined,
    account: undefined,
  };
}
