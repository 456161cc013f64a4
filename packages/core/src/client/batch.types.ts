/** What the compiler makes of a batch. */
import type { Client } from "../contract/client.js";
import type { Equal, Expect } from "../contract/expect.types.js";
import { batch } from "./batch.js";
import { oneway, withOptions } from "./create-client.js";

interface Prices {
  of(sku: string): number;
}
interface Stock {
  count(sku: string): bigint;
  take?(sku: string): string;
}
declare const prices: Client<Prices>;
declare const stock: Client<Stock>;

export async function typed(): Promise<void> {
  const outcomes = await batch({ timeoutMs: 50 }, (on) => [
    on(prices).of("tea"),
    on(stock).count("tea"),
    on(oneway(prices)).of("tea"),
    withOptions(on(prices), { priority: "critical" }).of("tea"),
    on(prices)
      .of("tea")
      .then((price) => String(price)),
  ]);
  const same: Expect<
    Equal<
      typeof outcomes,
      [
        PromiseSettledResult<number>,
        PromiseSettledResult<bigint>,
        PromiseSettledResult<void>,
        PromiseSettledResult<number>,
        PromiseSettledResult<string>,
      ]
    >
  > = true;
  const none: Expect<Equal<Awaited<ReturnType<typeof batchOfNone>>, []>> = true;
  const many = await batch({}, (on) => ["tea", "salt"].map((sku) => on(prices).of(sku)));
  const list: Expect<Equal<typeof many, PromiseSettledResult<number>[]>> = true;
  // @ts-expect-error: an argument of the wrong type
  await batch({}, (on) => [on(prices).of(1)]);
  // @ts-expect-error: no such method
  await batch({}, (on) => [on(prices).count("tea")]);
  // @ts-expect-error: a list is wanted
  await batch({}, (on) => on(prices).of("tea"));
  // @ts-expect-error: a number of milliseconds is wanted
  await batch({ timeoutMs: "1s" }, () => []);
  return void [same, none, list];
}

function batchOfNone() {
  return batch({}, () => []);
}
