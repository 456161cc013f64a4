import type { TestContext } from "node:test";
import { type Call, type ServeOptions, type Server, serve } from "@rpc/core";
import { closedAtEnd } from "./at-end.js";
import type { Ground } from "./grounds.js";
import { keepingLog, type LogRecord } from "./log.js";

/** All options but what is served. */
export type ServeSettings = Omit<ServeOptions, "services" | "invoke">;

/** What answers a method of a test's server. */
export type On = (call: Call) => unknown;

/** A real server, and what it did. */
export interface Serving {
  readonly server: Server;
  readonly address: string;
  /** Calls whose handler was begun, in that order. */
  readonly ran: readonly Call[];
  /** Calls whose handler was told to stop. */
  readonly aborted: readonly Call[];
  readonly log: readonly LogRecord[];
}

const usual: Readonly<Record<string, On>> = {
  add: ({ input: [a, b] }) => (a as number) + (b as number),
  echo: ({ input: [value] }) => value,
  nothing: () => undefined,
  hang: () => new Promise(() => {}),
};

/**
 * Serves whatever is called: `add`, `echo`, `nothing` and `hang`, which never answers, and what `on` says. Closed at the
 * end of the test.
 */
export async function serving(
  t: TestContext,
  ground: Ground,
  { on = {}, ...settings }: ServeSettings & { readonly on?: Readonly<Record<string, On>> } = {},
): Promise<Serving> {
  const ran: Call[] = [];
  const aborted: Call[] = [];
  const log = keepingLog();
  const handlers = new Map<string, On>(Object.entries({ ...usual, ...on }));
  const server = await serve({
    listen: ground.listen,
    transports: ground.transports,
    logger: log,
    drainMs: 2_000,
    ...settings,
    invoke: async (call) => {
      ran.push(call);
      call.signal?.addEventListener("abort", () => aborted.push(call));
      return handlers.get(call.method.name)?.(call) ?? null;
    },
  });
  closedAtEnd(t, server);
  return { server, address: server.address, ran, aborted, log: log.records };
}
