import type { Transport } from "../contract/transport.js";
import { badOption, hasFunctions, shown } from "./check-options.js";

/** Throws `invalid_argument` / `BAD_OPTION` unless each is a transport. */
export function checkTransports(where: string, transports: Readonly<Record<string, Transport>> = {}): void {
  for (const [scheme, transport] of Object.entries(transports)) {
    if (hasFunctions(transport, ["connect", "listen"])) continue;
    throw badOption(
      `${where}: transports.${scheme} must be an object with the functions connect and listen, as tls() returns one, not ${shown(transport)}`,
    );
  }
}
