import { defaultKeepAlive, type KeepAliveOptions } from "../contract/keep-alive.js";
import { checkOptions, type OptionKinds } from "./check-options.js";

const kinds: OptionKinds = Object.fromEntries(Object.keys(defaultKeepAlive).map((name) => [name, "number" as const]));

/** Returns the option with its defaults filled in. Throws `invalid_argument` / `BAD_OPTION` where a part of it is none. */
export function checkKeepAlive(where: string, keepAlive: KeepAliveOptions = {}): Required<KeepAliveOptions> {
  checkOptions(`${where}: keepAlive`, keepAlive, kinds);
  const given = Object.entries(keepAlive).filter(([, value]) => value !== undefined);
  return { ...defaultKeepAlive, ...Object.fromEntries(given) };
}
