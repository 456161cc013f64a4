import type { Interceptor, Invoke } from "../contract/call.js";

/** Returns `invoke` wrapped in the interceptors; the first is the outermost. To be called once, at start. */
export function compose(interceptors: readonly Interceptor[], invoke: Invoke): Invoke {
  return interceptors.reduceRight((next, wrap) => wrap(next), invoke);
}
