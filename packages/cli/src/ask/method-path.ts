import { CliError } from "../cli-error.js";

/**
 * Reads `Orders.place`, `shop.Orders.place` or `/shop.Orders/place`: without a slash the method is what follows the last
 * dot. Throws a `CliError` where it is none of them.
 */
export function methodPath(text: string): { readonly service: string; readonly method: string } {
  const [, service, method] = /^\/?([^/]+)\/([^/]+)$/.exec(text) ?? /^(.+)\.([^.]+)$/.exec(text) ?? [];
  if (service === undefined || method === undefined)
    throw new CliError(`${JSON.stringify(text)} is no method: write Orders.place, or /Orders/place`);
  return { service, method };
}
