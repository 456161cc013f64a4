import type { Client } from "../contract/client.js";
import type { Equal, Expect } from "../contract/expect.types.js";
import type { Broadcast, EndpointOutcome, Fork, Inform } from "../contract/fan-out.js";
import type { Unmappable } from "../contract/unmappable.js";

interface Cache {
  evict(key: string): number;
  clear(): void;
  watch(): AsyncIterable<string>;
}

declare const all: Broadcast<Client<Cache>>;
declare const told: Inform<Client<Cache>>;
declare const first: Fork<Client<Cache>>;

export type Checks = [
  Expect<Equal<ReturnType<typeof all.evict>, Promise<readonly number[]>>>,
  Expect<Equal<Parameters<typeof all.evict>, [key: string]>>,
  Expect<Equal<ReturnType<typeof told.evict>, Promise<readonly EndpointOutcome<number>[]>>>,
  Expect<Equal<ReturnType<typeof first.evict>, Promise<number>>>,
  Expect<typeof all.watch extends Unmappable<string> ? true : false>,
];
