import type { Address } from "../contract/registry.js";
import { diagnostics, type RefuseEvent } from "../session/diagnostics.js";
import type { Attempts } from "../stats/attempts.js";
import type { Failure } from "../stats/failure.js";

/** Counts and reports a stream that did not become a ready connection. */
export function countRefused(accepts: Attempts, address: Address, { code, reason }: Failure): void {
  accepts.fail({ code, reason });
  if (!diagnostics.serverRefuse.hasSubscribers) return;
  const event: RefuseEvent = { address, code, reason };
  diagnostics.serverRefuse.publish(event);
}
