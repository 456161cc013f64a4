import type { Clock } from "../contract/clock.js";
import type { Address } from "../contract/registry.js";
import { type DialEvent, diagnostics } from "../session/diagnostics.js";
import type { Attempts } from "../stats/attempts.js";
import { asFailure } from "../stats/failure.js";

/** Runs an attempt to connect, and counts and reports what became of it. */
export async function countedDial<T>(
  dials: Attempts,
  clock: Clock,
  address: Address,
  attempt: () => Promise<T>,
): Promise<T> {
  const startedAt = clock.now();
  dials.begin();
  try {
    const made = await attempt();
    report(address, clock.now() - startedAt, "ok", undefined);
    return made;
  } catch (error) {
    const { code, reason } = asFailure(error);
    dials.fail({ code, reason });
    report(address, clock.now() - startedAt, code, reason);
    throw error;
  }
}

function report(address: Address, durationMs: number, code: DialEvent["code"], reason: string | undefined): void {
  if (!diagnostics.clientDial.hasSubscribers) return;
  const event: DialEvent = { address, durationMs, code, reason };
  diagnostics.clientDial.publish(event);
}
