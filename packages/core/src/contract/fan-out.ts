import type { WithoutStream } from "./client.js";
import type { Endpoint } from "./registry.js";

/** What became of the call to one of several endpoints. */
export type EndpointOutcome<R> = PromiseSettledResult<R> & { readonly endpoint: Endpoint };

/** A client as `broadcast` makes it: each method resolves to the results of all endpoints, in the order of the list. */
export type Broadcast<C> = { readonly [K in keyof C]: Listed<WithoutStream<C[K], NotToMany>> };

/** A client as `inform` makes it: each method resolves to every endpoint's outcome, in the order of the list. */
export type Inform<C> = { readonly [K in keyof C]: Told<WithoutStream<C[K], NotToMany>> };

/** A client as `fork` makes it: each method resolves to the first result. */
export type Fork<C> = { readonly [K in keyof C]: WithoutStream<C[K], NotToMany> };

type Listed<F> = F extends (...input: infer A) => Promise<infer R> ? (...input: A) => Promise<readonly R[]> : F;

type Told<F> = F extends (...input: infer A) => Promise<infer R>
  ? (...input: A) => Promise<readonly EndpointOutcome<R>[]>
  : F;

type NotToMany = "it streams, and one call for each endpoint has one outcome each: call it on the client itself";
