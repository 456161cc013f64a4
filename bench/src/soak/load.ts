import { defineService } from "@rpc/core";

/** What is called in a soak. */
export interface Load {
  echo(value: unknown): unknown;
  bytes(count: number): Uint8Array;
  slow(ms: number): string;
  fails(why: string): never;
}

export const LoadService = defineService<Load>("Load", { echo: { idempotent: true }, bytes: {}, slow: {}, fails: {} });
