import { type Call, type Candidate, type Picker, RpcError } from "@rpc/core";
import { weighted } from "./weights.js";

/** Longer lists are first tried with a few draws before they are copied without what a call excludes. */
const longList = 32;
const draws = 4;

/** Draws one of the candidates it was prepared for. Runs for every call: no allocation. */
export type Draw = (call: Call) => Candidate;

/**
 * Makes a draw from candidates. Called once for each list, and for what a route leaves of one. `among` is never
 * empty.
 */
export type Prepare = (among: readonly Candidate[]) => Draw;

/**
 * Returns a picker that honours `call.route`, whatever the balancer's own way of drawing is.
 *
 * A call without a route costs one comparison. `route.only` goes to exactly that endpoint, of weight 0 too, or the
 * picker throws `unavailable` / `NO_ENDPOINT`, processed no. `route.except` is left out while others are there, those
 * of weight 0 included; where all are excluded, none is. Where both are given, `only` holds.
 *
 * `prepareRest` draws for calls whose route leaves only some; it defaults to `prepare`. A balancer whose draws depend
 * on those before gives another one, so that calls with a route do not change what calls without get.
 */
export function routed(ready: readonly Candidate[], prepare: Prepare, prepareRest: Prepare = prepare): Picker {
  const usable = weighted(ready);
  const draw = prepare(usable);
  let drawAny: Draw | undefined;
  const pinned = pinning(ready, prepareRest);
  return (call) => {
    const route = call.route;
    if (route === undefined) return draw(call);
    if (route.only !== undefined) return pinned(call, route.only);
    if (route.except === undefined || route.except.length === 0) return draw(call);
    drawAny ??= prepareRest(usable);
    return excluding(call, route.except, ready, drawAny, prepareRest);
  };
}

/** Returns what finds the candidate of a call that is pinned to an endpoint. Costs nothing before the first such call. */
function pinning(ready: readonly Candidate[], prepare: Prepare): (call: Call, only: string) => Candidate {
  let pins: Map<string, Draw> | undefined;
  return (call, only) => {
    pins ??= byEndpoint(ready, prepare);
    const pinned = pins.get(only);
    if (pinned === undefined) throw noEndpoint(call, only);
    return pinned(call);
  };
}

/** A draw for each endpoint, since one endpoint may have several connections. */
function byEndpoint(ready: readonly Candidate[], prepare: Prepare): Map<string, Draw> {
  const groups = new Map<string, Candidate[]>();
  for (const candidate of ready) {
    const group = groups.get(candidate.endpoint.id);
    if (group === undefined) groups.set(candidate.endpoint.id, [candidate]);
    else group.push(candidate);
  }
  return new Map([...groups].map(([id, group]) => [id, prepare(group)]));
}

function excluding(
  call: Call,
  except: readonly string[],
  ready: readonly Candidate[],
  drawAny: Draw,
  prepare: Prepare,
): Candidate {
  if (ready.length > longList) {
    for (let i = 0; i < draws; i++) {
      const candidate = drawAny(call);
      if (!except.includes(candidate.endpoint.id)) return candidate;
    }
  }
  const rest = ready.filter(({ endpoint }) => !except.includes(endpoint.id));
  return rest.length === 0 ? drawAny(call) : prepare(weighted(rest))(call);
}

function noEndpoint(call: Call, id: string): RpcError {
  return new RpcError(
    "unavailable",
    `no ready connection to endpoint ${JSON.stringify(id.slice(0, 128))} of ${call.method.service}, to which the call is pinned; ` +
      "wait until it is ready, or leave out route.only",
    { reason: "NO_ENDPOINT", processed: "no" },
  );
}
