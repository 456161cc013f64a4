/** A client of what was generated has the types of one of the class itself, but where the class says less than what travels. */
import type { Client, ServiceOf } from "@rpc/core";
import type { Everything, Money as MoneyOfClass, Wallet as WalletOfClass } from "./everything.fixture.js";
import type * as generated from "./generated/shop-everything.client.js";

type Equal<A, B> = (<G>() => G extends A ? 1 : 2) extends <G>() => G extends B ? 1 : 2 ? true : false;
type Expect<T extends true> = T;

type OfClass = Client<Everything>;
type Generated = Client<generated.Everything>;
type SameMethod<K extends keyof OfClass & keyof Generated> = Equal<OfClass[K], Generated[K]>;

/** Enums are others where they are declared again; a function in an argument, and a buffer's class, are not in the client. */
type Different = "enums" | "rights" | "hidden" | "paste";
type Unequal = {
  [K in keyof OfClass & keyof Generated]: SameMethod<K> extends true ? never : K;
}[keyof OfClass & keyof Generated];

export type ClientsAreAlike = [
  Expect<Equal<keyof OfClass, keyof Generated>>,
  Expect<Equal<ServiceOf<typeof generated.EverythingService>, generated.Everything>>,
];

/** What differs does so as is meant. */
export type Differences = [
  Expect<Equal<Unequal, Different>>,
  Expect<Equal<ReturnType<Generated["hidden"]>, ReturnType<OfClass["hidden"]>>>,
  Expect<Equal<ReturnType<Generated["paste"]>, Promise<Uint8Array>>>,
  Expect<Equal<Parameters<Generated["rights"]>, [rights: number]>>,
];

/** Of a class its fields travel. */
export type ClassesAreTheirFields = [
  Expect<Equal<Awaited<ReturnType<OfClass["money"]>>, Awaited<ReturnType<Generated["money"]>>>>,
  Expect<Equal<Awaited<ReturnType<OfClass["wallets"]>>, Awaited<ReturnType<Generated["wallets"]>>>>,
];

/** What a handler returns, instances too, is what the generated types say; and what they say can be sent to it. */
export const assignable = (
  wallet: WalletOfClass,
  money: MoneyOfClass,
  ofClass: OfClass,
  clients: Generated,
): unknown => {
  const wallets: generated.Wallet[] = [wallet];
  const sent: generated.Money = money;
  const same: Promise<{ zone: generated.Zone; size: generated.Size }> = ofClass.enums("home" as never, 10);
  return [wallets, sent, same, clients.enums(generatedZone.home, 0)];
};
declare const generatedZone: typeof generated.Zone;
