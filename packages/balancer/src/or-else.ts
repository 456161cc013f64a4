import type { Balancer } from "@rpc/core";

/**
 * Where `first` lets somebody through that is ready, as `first` says, else as `second` says:
 * `orElse(filtered({ group: "canary" }, p2cPeakEwma), p2cPeakEwma)` calls a canary while there is one.
 */
export const orElse = (first: Balancer, second: Balancer): Balancer => {
  const { admits, whole } = first;
  const balancer: Balancer = () => {
    const pickFirst = first();
    const pickSecond = second();
    return (ready) => {
      const those = admits === undefined ? ready : ready.filter(({ endpoint }) => admits(endpoint));
      const rest = pickSecond(ready);
      if (those.length === 0) return rest;
      const pick = pickFirst(those);
      return Object.assign(
        ((call) => {
          const { route } = call;
          const elsewhere =
            route !== undefined &&
            (route.only !== undefined
              ? !those.some(({ endpoint }) => endpoint.id === route.only)
              : route.except !== undefined && those.every(({ endpoint }) => route.except!.includes(endpoint.id)));
          return elsewhere ? rest(call) : pick(call);
        }) satisfies ReturnType<ReturnType<Balancer>>,
        { scoreOf: pick.scoreOf },
      );
    };
  };
  const admitsSecond = second.admits;
  return Object.assign(balancer, {
    whole: whole === true || second.whole === true,
    admits:
      admits === undefined || admitsSecond === undefined
        ? undefined
        : (endpoint: Parameters<typeof admits>[0]) => admits(endpoint) || admitsSecond(endpoint),
  });
};
