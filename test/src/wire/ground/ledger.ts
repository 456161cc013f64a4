import type { TestContext } from "node:test";
import { bind, defineService, RpcError, type Server, serve } from "@rpc/core";
import type { ManualClock } from "@rpc/core/testing";
import { atEnd } from "./at-end.js";
import type { Ground } from "./grounds.js";

/** A service whose every call has a label, so that it is known which handler ran. */
export interface Ledger {
  once(label: string): string;
  again(label: string): string;
  fail(label: string): string;
  /** Answers after 20 ms. */
  slow(label: string): Promise<string>;
  /** Answers when it is told to stop. */
  hang(label: string): Promise<string>;
}

export const LedgerService = defineService<Ledger>("L", {
  once: {},
  again: { idempotent: true },
  fail: {},
  slow: {},
  hang: {},
});

/** A server, and the labels of the calls whose handler was begun. */
export interface LedgerServer {
  readonly address: string;
  readonly server: Server;
  readonly ran: string[];
}

export async function ledgerServer(t: TestContext, clock: ManualClock, ground: Ground): Promise<LedgerServer> {
  const ran: string[] = [];
  const done = (label: string): string => {
    ran.push(label);
    return `done ${label}`;
  };
  const fail = (label: string): never => {
    ran.push(label);
    throw new RpcError("aborted", "as asked", { reason: "ASKED" });
  };
  const slow = (label: string): Promise<string> =>
    new Promise((resolve) => {
      ran.push(label);
      clock.setTimer(() => resolve(`done ${label}`), 20);
    });
  const hang = (label: string): Promise<string> =>
    new Promise((resolve) => {
      ran.push(label);
      clock.setTimer(() => resolve(`late ${label}`), 500);
    });
  const server = await serve({
    services: [bind(LedgerService, { once: done, again: done, fail, slow, hang })],
    listen: ground.listen,
    transports: ground.transports,
    clock,
    instance: "s",
  });
  atEnd(t, async () => {
    const closed = server.close();
    await clock.advance(30_000);
    await closed;
  });
  return { address: server.address, server, ran };
}
