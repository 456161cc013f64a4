import type { Balancer } from "@rpc/core";
import { preferring, type SpillOptions } from "./preferring.js";

/**
 * Endpoints whose tag `zone` is this one, by `inner`; all of them where too few of the zone are ready, and where they are
 * busier than others. For what is cheaper or quicker within a zone: `zoneFirst("eu", p2cPeakEwma)`.
 */
export const zoneFirst = (zone: string, inner: Balancer, options?: SpillOptions): Balancer => {
  if (typeof zone !== "string") throw new TypeError("zoneFirst wants the name of a zone, then a balancer");
  return preferring(
    "zoneFirst",
    (ready) => ready.filter(({ endpoint }) => endpoint.tags["zone"] === zone),
    inner,
    options,
  );
};
