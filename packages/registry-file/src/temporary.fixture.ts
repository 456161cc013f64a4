import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Lease } from "@rpc/core";

/** Runs `body` with a folder of its own, which is removed afterwards. */
export async function withFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "rpc-registry-"));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Resolves with the reason why a lease was lost. Holds the process meanwhile, which a lease does not, for 10 s at
 * most.
 */
export async function lossOf(lease: Lease): Promise<Error> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the lease was not lost in 10 s")), 10_000);
  });
  try {
    return await Promise.race([lease.lost, late]);
  } finally {
    clearTimeout(timer);
  }
}
