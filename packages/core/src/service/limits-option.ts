import { type ConnectionLimits, defaultLimits } from "../contract/limits.js";
import { checkOptions, type OptionKinds } from "./check-options.js";

const kinds: OptionKinds = Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, "count" as const]));

/** Returns the limits with their defaults filled in. Throws `invalid_argument` / `BAD_OPTION` where one is none. */
export function checkLimits(where: string, limits: Partial<ConnectionLimits> = {}): ConnectionLimits {
  checkOptions(`${where}: limits`, limits, kinds);
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return { ...defaultLimits, ...Object.fromEntries(given) };
}
