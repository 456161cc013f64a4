import { filtered, orElse, own, p2cPeakEwma } from "@rpc/balancer";
import type { Balancer, Candidate } from "@rpc/core";

/** Everybody: the stable group, as before. */
export const everybody: Balancer = filtered({ group: "stable" }, p2cPeakEwma);

/** Testers: the canary while there is one, else what everybody has. */
export const testers: Balancer = orElse(filtered({ group: "canary" }, p2cPeakEwma), everybody);

const isCanary = ({ endpoint }: Candidate): boolean => endpoint.tags["group"] === "canary";

/** One user in ten, always the same ones: by the key of the call. */
export const oneInTen: Balancer = own((among, { route }) => {
  const chosen = Number.parseInt(route?.key ?? "0", 10) % 10 === 0;
  return among.find((candidate) => isCanary(candidate) === chosen) ?? among[0]!;
});
