import type { Interceptor } from "@rpc/core";

/** What runs around every call is a function, too: it gets the next one, and returns one like it. */
export const logged: Interceptor = (next) => async (call) => {
  console.log(`${call.method.path} is called`);
  return next(call);
};
