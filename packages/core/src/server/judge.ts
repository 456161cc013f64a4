import type { Authenticator } from "../contract/authenticator.js";
import type { Clock } from "../contract/clock.js";
import { RpcError } from "../contract/errors.js";
import type { Identity } from "../contract/identity.js";
import type { Logger } from "../contract/logger.js";
import { isToldInFull } from "../session/fault-of.js";
import type { Judge } from "../session/session-options.js";
import { placeOf } from "../transport/address-reach.js";
import { ReceivedCredentials } from "./received-credentials.js";
import { RecentFailures } from "./recent-failures.js";

/** So many refusals of a place within 60 s, and its next hellos take longer. */
const failuresAllowed = 5;
/** How much longer a hello takes from where too many have failed, in ms. */
const delayMs = 1_000;

/**
 * Returns what judges the hellos of a server: asks the authenticator, tells a refused peer no more than that, and slows
 * down a place that fails again and again.
 */
export function createJudge(authenticate: Authenticator, clock: Clock, logger: Logger): Judge {
  const failures = new RecentFailures(clock, failuresAllowed);
  return async (credentials, peer): Promise<Identity | RpcError> => {
    const place = placeOf(peer.address);
    if (failures.tooMany(place)) await new Promise<void>((resolve) => clock.setTimer(resolve, delayMs).unref());
    let refusal = refused();
    try {
      const identity: unknown = await authenticate(new ReceivedCredentials(credentials), peer);
      if (isIdentity(identity)) return identity;
      // Also false lets nobody in, and true says too little to do so.
      if (identity !== undefined && identity !== null)
        throw new TypeError("authenticate returns { name } or undefined");
    } catch (thrown) {
      refusal = told(thrown, logger);
    }
    if (refusal.code === "unauthenticated") failures.add(place);
    logger.warn("a peer was not let in", { peer: peer.address, reason: refusal.reason });
    return refusal;
  };
}

/** What the authenticator threw as an `RpcError` is meant for the peer; of anything else it learns nothing. */
function told(thrown: unknown, logger: Logger): RpcError {
  if (isToldInFull(thrown)) {
    const { code, message, reason, retryAfterMs } = thrown as RpcError;
    return new RpcError(code, message, { reason, retryAfterMs, processed: "no" });
  }
  logger.error("authenticate failed, so nobody is let in", { error: textOf(thrown) });
  return new RpcError("unavailable", "who you are cannot be found out at the moment; the server's log says why", {
    reason: "AUTHENTICATE_FAILED",
    processed: "no",
  });
}

function isIdentity(value: unknown): value is Identity {
  return typeof value === "object" && value !== null && "name" in value && typeof value.name === "string";
}

function refused(): RpcError {
  return new RpcError("unauthenticated", "the credentials were not accepted", { processed: "no" });
}

/** The first line: what stands further down may be anything, credentials included. */
function textOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}`.slice(0, 1_024) : typeof thrown;
  } catch {
    return "something that cannot be shown";
  }
}
