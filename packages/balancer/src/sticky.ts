import type { Balancer, Candidate } from "@rpc/core";
import { weightOf } from "./weights.js";

/**
 * One endpoint for all calls of a client, chosen by `inner`, as long as it is there, ready and neither suspect nor
 * ejected; then another, to which the client keeps in turn. For servers that hold something warm for each client.
 * Calls whose route excludes it, as further attempts do, and such as are pinned, go where `inner` says, and change
 * nothing.
 */
export const sticky = (inner: Balancer): Balancer => {
  const balancer: Balancer = () => {
    const pickFrom = inner();
    let kept: string | undefined;
    return (ready) => {
      const pick = pickFrom(ready);
      let own = ready.find((candidate) => candidate.endpoint.id === kept && weightOf(candidate) > 0);
      return (call) => {
        const { route } = call;
        if (route?.only !== undefined || (route?.except?.length ?? 0) > 0) return pick(call);
        own ??= keep(pick(call));
        return own;
      };
    };
    function keep(candidate: Candidate): Candidate {
      kept = candidate.endpoint.id;
      return candidate;
    }
  };
  return Object.assign(balancer, { admits: inner.admits, whole: inner.whole });
};
