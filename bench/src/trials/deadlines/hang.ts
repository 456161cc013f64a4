import { defineService } from "@rpc/core";

/** A service that answers nothing. */
export interface Hang {
  forever(): null;
}

export const HangService = defineService<Hang>("Hang", { forever: {} });

/** Room for all calls of a round. */
export const bounds = { limits: { inFlight: 32_768, sendQueueEntries: 32_768 } } as const;
