import { defineService } from "@rpc/core";

/** What both sides know: an interface, and a value that names its methods. */
export interface Rates {
  convert(amount: number, from: string, to: string): number;
  countdown(from: number): AsyncIterable<number>;
}

export const RatesService = defineService<Rates>("Rates", {
  convert: { idempotent: true },
  countdown: { stream: "server" },
});
