import { defineService } from "@rpc/core";

/** What the servers of chaos do: answer with the number of the call, after as long as they are told to take. */
export interface Work {
  /** May run again. */
  again(call: number): number;
  /** May not: who ran it has written it down. */
  once(call: number): number;
}

export const WorkService = defineService<Work>("chaos.Work", { again: { idempotent: true }, once: {} });
