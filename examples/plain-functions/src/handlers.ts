import { bind, RpcError } from "@rpc/core";
import { RatesService } from "./rates.js";

const perEuro = new Map([
  ["EUR", 1],
  ["USD", 1.25],
  ["JPY", 160],
]);

function rateOf(currency: string): number {
  const rate = perEuro.get(currency);
  if (rate === undefined) throw new RpcError("not_found", `no rate for ${currency}`);
  return rate;
}

const convert = (amount: number, from: string, to: string): number => (amount / rateOf(from)) * rateOf(to);

async function* countdown(from: number): AsyncIterable<number> {
  while (from > 0) yield from--;
}

/** The functions under the service's name. They may as well be methods of an object, or made by a function of yours. */
export const rates = bind(RatesService, { convert, countdown });
