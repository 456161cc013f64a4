import { type Balancer, type Call, type Candidate, RpcError } from "@rpc/core";
import { routed } from "./route.js";

/** Chooses for a call, among candidates that its route leaves and of which each has some weight where any has. Never empty. */
export type Choice = (among: readonly Candidate[], call: Call) => Candidate;

/**
 * A function of yours as a balancer: `own((among) => among[0]!)`. Runs for every call, so that it should not look at all
 * of a long list; what it has to remember it keeps itself. Where it returns nothing the call fails with `internal` /
 * `BALANCER_FAILED`.
 */
export const own = (choose: Choice): Balancer => {
  if (typeof choose !== "function") throw new TypeError("own wants a function of candidates and a call");
  return () => (ready) =>
    routed(ready, (among) => (call) => {
      const chosen: Candidate | undefined = choose(among, call);
      if (chosen !== undefined) return chosen;
      throw new RpcError(
        "internal",
        `the balancer of ${call.method.service} chose nothing: see the function given to own()`,
        {
          reason: "BALANCER_FAILED",
          processed: "no",
        },
      );
    });
};
