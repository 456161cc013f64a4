import type { Picker } from "../contract/balancer.js";
import type { Call } from "../contract/call.js";
import type { ExplainedCandidate } from "../contract/explanation.js";
import type { Member } from "./member.js";

/** Returns what is known of an endpoint, for a call that explains itself. */
export function explained(member: Member, { route }: Call, picker: Picker | undefined): ExplainedCandidate {
  const { endpoint, candidate } = member;
  const { id, address, weight } = endpoint;
  const { pending = 0, latencyMs = 0, load = 0, distanceMs = 0, warmth = 1 } = candidate ?? {};
  return {
    id,
    address,
    state: stateOf(member, route?.except),
    pending,
    latencyMs,
    load,
    distanceMs,
    weight: weight * warmth,
    score: candidate && picker?.scoreOf?.(candidate),
  };
}

function stateOf(
  { endpoint, candidate, error, health }: Member,
  except: readonly string[] | undefined,
): ExplainedCandidate["state"] {
  if (candidate === undefined) return error === undefined ? "connecting" : "unreachable";
  if (candidate.suspect) return "suspect";
  if (health?.ejected === true) return "ejected";
  return except?.includes(endpoint.id) === true ? "excluded" : "ready";
}
