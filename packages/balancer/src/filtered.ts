import { type Balancer, type Call, type Endpoint, RpcError } from "@rpc/core";

/** What endpoints must be: for each tag its value, or one of several; or a function that says. */
export type Filter = Readonly<Record<string, string | readonly string[]>> | ((endpoint: Endpoint) => boolean);

/**
 * Only the endpoints that a filter lets through, by `inner`: `filtered({ group: "canary" }, p2cPeakEwma)`,
 * `filtered({ version: ["2", "3"], zone: "eu" }, leastPending)`. No others are connected to, for pinned calls neither.
 * While none is there calls wait for one, and fail as where no instance is registered.
 */
export const filtered = (filter: Filter, inner: Balancer): Balancer => {
  const admits = admission(filter);
  const balancer: Balancer = () => {
    const pickFrom = inner();
    return (ready) => {
      const those = ready.filter(({ endpoint }) => admits(endpoint));
      return those.length > 0 ? pickFrom(those) : nobody(filter);
    };
  };
  const { admits: admitsInner, whole } = inner;
  return Object.assign(balancer, {
    whole,
    admits: admitsInner === undefined ? admits : (endpoint: Endpoint) => admits(endpoint) && admitsInner(endpoint),
  });
};

function admission(filter: Filter): (endpoint: Endpoint) => boolean {
  if (typeof filter === "function") return filter;
  if (typeof filter !== "object" || filter === null || !Object.values(filter).every(isWanted))
    throw new TypeError('filtered wants tags, as in { group: "canary" }, or a function, and then a balancer');
  const wanted = Object.entries(filter).map(
    ([tag, value]) => [tag, typeof value === "string" ? [value] : value] as const,
  );
  return ({ tags }) => wanted.every(([tag, values]) => Object.hasOwn(tags, tag) && values.includes(tags[tag]!));
}

function isWanted(value: unknown): boolean {
  return typeof value === "string" || (Array.isArray(value) && value.every((each) => typeof each === "string"));
}

function nobody(filter: Filter) {
  return ({ method }: Call): never => {
    const said = typeof filter === "function" ? "the filter of this client" : JSON.stringify(filter);
    throw new RpcError("unavailable", `no ready instance of ${method.service} is what its client wants: ${said}`, {
      reason: "NO_ENDPOINT",
      processed: "no",
    });
  };
}
