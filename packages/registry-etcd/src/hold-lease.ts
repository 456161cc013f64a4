import type { Entry, Timer } from "@rpc/core";
import type { Holding } from "@rpc/core/discovery";
import { EtcdLeaseInvalidError, type IRequestOp } from "etcd3";
import { inTime } from "./in-time.js";
import { keyOf, textOf } from "./pairs.js";
import { refusalOf } from "./refusal-of.js";
import type { StoreOptions } from "./store-options.js";

/** Operations of one transaction; etcd takes 128 unless it was set up otherwise. */
const operationsAtOnce = 100;
/** The longest wait before a lease whose keeping failed is kept again, in ms. */
const againMs = 1_000;

/**
 * Puts entries under a lease of their own and keeps it alive, whatever happens to the connection, until etcd says that it
 * is gone: only then are the entries. The client's own way goes by the system's time instead, and gives up.
 */
export async function holdLease(
  { name, client, base, ttlMs, timeoutMs, clock, random }: Omit<StoreOptions, "logger">,
  entries: readonly Entry[],
  lose: (reason: Error) => void,
): Promise<Holding> {
  const refused = refusalOf(name);
  const lease = client.lease(Math.ceil(ttlMs / 1_000), { autoKeepAlive: false });
  const id = await lease.grant().catch(refused);
  let keys: ReadonlySet<string> = new Set();
  let timer: Timer | undefined;
  let over = false;

  const end = (): void => {
    over = true;
    timer?.cancel();
  };
  const gone = (reason: Error): void => {
    if (over) return;
    end();
    lose(reason);
  };

  const write = async (next: readonly Entry[]): Promise<void> => {
    const wanted = new Map(next.map((entry) => [keyOf(base, entry.service, entry.id), textOf(entry)]));
    const operations: IRequestOp[] = [
      ...[...keys]
        .filter((key) => !wanted.has(key))
        .map((key) => ({ request_delete_range: { key: Buffer.from(key) } })),
      ...[...wanted].map(([key, value]) => ({
        request_put: { key: Buffer.from(key), value: Buffer.from(value), lease: id },
      })),
    ];
    for (let at = 0; at < operations.length; at += operationsAtOnce) {
      await client.kv.txn({ success: operations.slice(at, at + operationsAtOnce) }).catch((cause: unknown) => {
        if (cause instanceof EtcdLeaseInvalidError) gone(cause);
        return refused(cause);
      });
    }
    keys = new Set(wanted.keys());
  };

  const beat = async (): Promise<void> => {
    let waitMs = ttlMs / 3;
    try {
      await inTime(lease.keepaliveOnce({ deadline: Date.now() + timeoutMs }), timeoutMs);
    } catch (cause) {
      if (cause instanceof EtcdLeaseInvalidError) return gone(cause);
      waitMs = Math.min(waitMs, againMs);
    }
    beatAfter(waitMs);
  };
  /** With jitter: whatever kept all from beating must not make them beat at once. */
  const beatAfter = (waitMs: number): void => {
    if (over) return;
    timer = clock.setTimer(() => void beat(), waitMs * (0.75 + random() / 4));
    timer.unref();
  };

  const revoke = (): Promise<unknown> => inTime(lease.revoke({ deadline: Date.now() + timeoutMs }), 2 * timeoutMs);

  // From the beginning: to write thousands of entries may take longer than a lease lasts.
  beatAfter(ttlMs / 3);
  try {
    await write(entries);
  } catch (error) {
    end();
    await revoke().catch(() => {});
    throw error;
  }
  return {
    replace: write,
    async drop() {
      end();
      await revoke();
    },
  };
}
