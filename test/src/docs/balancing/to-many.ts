import { broadcast, type Client, defineService, fork, inform } from "@rpc/core";

interface Cache {
  evict(key: string): number;
  has(key: string): string;
}

export const CacheService = defineService<Cache>("Cache", { evict: { idempotent: true }, has: {} });

/** All must succeed; what each returned. */
export const evictEverywhere = (cache: Client<Cache>, key: string): Promise<readonly number[]> =>
  broadcast(cache).evict(key);

/** Every outcome, whatever it is. */
export async function whoFailed(cache: Client<Cache>, key: string): Promise<string[]> {
  const outcomes = await inform(cache).evict(key);
  return outcomes.filter(({ status }) => status === "rejected").map(({ endpoint }) => endpoint.address);
}

/** The first that succeeds; the others are cancelled. */
export const findAnywhere = (cache: Client<Cache>, key: string): Promise<string> => fork(cache).has(key);
