import { type Binding, type Handler, type Interceptor, type OfferOptions, RpcError } from "@rpc/core";
import type { ServiceToServe } from "../service/services-to-serve.js";
import type { AppOptions } from "./app-options.js";

/** What an app offers on the connections that its clients make. */
export interface AppOffer {
  readonly options: OfferOptions;
  /** Says what answers: known only once the classes are made, which want clients of the connector that offers them. */
  fill(bindings: readonly Binding[]): void;
}

/** Returns what an app offers to the servers that it dials, or undefined where it offers nothing. `check` looks at the arguments. */
export function offerOf(
  options: AppOptions,
  served: readonly ServiceToServe[],
  check: Interceptor | undefined,
): AppOffer | undefined {
  const { listen, ambient = true, connect = {} } = options;
  const { serve = listen === false } = connect;
  if (serve === false || served.length === 0) return undefined;
  const own: Omit<OfferOptions, "services" | "ambient"> = serve === true ? {} : serve;
  let made: readonly Binding[] | undefined;
  const services = served.map(({ descriptor }, at): Binding => {
    const handlers = descriptor.methods.map((method): Handler => {
      return (...input) => {
        if (made === undefined) throw notMade(method.path);
        return made[at]!.handlers[method.index]!(...input);
      };
    });
    return { service: descriptor, handlers };
  });
  return {
    options: {
      ...own,
      ...(check === undefined ? {} : { interceptors: [...(own.interceptors ?? []), check] }),
      services,
      ambient,
    },
    fill(bindings) {
      made = bindings;
    },
  };
}

/** A class that is made calls somebody, who calls back before the others are made. */
function notMade(path: string): RpcError {
  return new RpcError("unavailable", `${path} cannot be called yet: its app is being made`, { reason: "NOT_READY" });
}
