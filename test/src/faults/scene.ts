import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { openProgram, type Program } from "@rpc/bench/processes";
import { type FaultProxy, openProxy } from "../proxy/open-proxy.js";
import type { Script } from "../proxy/script.js";
import { atEnd } from "../wire/ground/at-end.js";
import type { LedgerQuestions, LoadOptions, Outcome, ServerOptions } from "./ledger.js";

/** A server and a client in processes of their own, and the proxy between them. */
export interface Scene {
  readonly server: Program<LedgerQuestions>;
  readonly client: Program<LedgerQuestions>;
  readonly proxy: FaultProxy;
  /** The server's own address, past the proxy. */
  readonly address: string;
  /** Makes calls through the proxy. */
  load(options: Omit<LoadOptions, "address">): Promise<readonly Outcome[]>;
}

/** How much longer than its timeout a call may have taken here, in ms: what is promised, and what a busy machine adds. */
const graceMs = 25 + 250;
const patienceMs = 60_000;

export interface SceneOptions {
  /** What the proxy does to the connection of this number. Defaults to nothing. */
  readonly script?: (number: number) => Script;
  /** Further options of `serve`. */
  readonly server?: ServerOptions;
  /** The most files and sockets that the server may have open. */
  readonly openFiles?: number;
}

/** Starts both processes; they are ended with the test. */
export async function scene(t: TestContext, options: SceneOptions = {}): Promise<Scene> {
  const { script, server: serverOptions = {}, openFiles } = options;
  const open = (side: string, more: { openFiles?: number } = {}): Program<LedgerQuestions> => {
    const program = openProgram<LedgerQuestions>({
      file: new URL(`./${side}.fixture.js`, import.meta.url),
      name: `${side} of the ledger`,
      ...more,
    });
    atEnd(t, () => program.kill());
    return program;
  };
  const server = open("server", openFiles === undefined ? {} : { openFiles });
  const client = open("client");
  const target = await server.ask("listen", serverOptions);
  const proxy = await openProxy(script === undefined ? { target } : { target, script });
  atEnd(t, () => proxy.close());
  return {
    server,
    client,
    proxy,
    address: target,
    load: (options) => client.ask("load", { address: proxy.address, ...options }, patienceMs),
  };
}

/**
 * Fails unless each call had one outcome, in time, no answer was wrong, no call ran of which that was excluded, and none
 * ran twice that must not.
 */
export async function holdsTrue(
  outcomes: readonly Outcome[],
  calls: number,
  timeoutMs: number,
  server: Scene["server"],
) {
  assert.deepEqual(
    outcomes.map(({ number }) => number).sort((a, b) => a - b),
    Array.from({ length: calls }, (_, number) => number),
    "each call settles once",
  );
  const ran = await server.ask("ran", {});
  for (const outcome of outcomes) {
    const { number, method, was, processed, tookMs } = outcome;
    const times = ran[number] ?? 0;
    const told = `${JSON.stringify(outcome)}, its handler ran ${times} times`;
    assert.notEqual(was, "wrong", told);
    assert.ok(tookMs <= timeoutMs + graceMs, `late: ${told}`);
    if (was === "answered") assert.ok(times >= 1, `answered and never ran: ${told}`);
    if (processed === "no") assert.equal(times, 0, `it was said that it never ran: ${told}`);
    if (method !== "again") assert.ok(times <= 1, `not idempotent: ${told}`);
  }
}

/** Returns how often each came: "answered", or code and reason. */
export function tally(outcomes: readonly Outcome[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { was, reason } of outcomes) {
    const name = reason === "" ? was : `${was} ${reason}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
