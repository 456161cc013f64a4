import { type Balancer, type Call, type Candidate, checkOptions, type Random } from "@rpc/core";
import { chance } from "./chance.js";
import { leastPendingWith } from "./least-pending.js";
import { PendingSum } from "./pending-sum.js";
import { Ring } from "./ring/ring.js";
import { weighted, weightOf } from "./weights.js";

export interface ConsistentHashOptions {
  /**
   * The key of a call that has none of its own: neither `route.key` of `withOptions`, nor the method's `key`. Defaults to
   * none; undefined for a call without a key.
   */
  readonly keyOf?: (call: Call) => string | undefined;
  /** How much more than the mean of the calls pending an endpoint may have before calls go to the next. From 1; Infinity: any. Defaults to 1.25. */
  readonly loadFactor?: number;
  /** Calls pending up to which an endpoint is not busy, whatever the mean. Defaults to 4. */
  readonly freePending?: number;
}

/**
 * Calls with the same key to the same endpoint, as long as it is there: for caches and for work that should stay
 * together. When one of n leaves, its own keys move and no others, at most 1.1/n of all; no endpoint has more than 1.1
 * times the mean of the keys, for its weight. An endpoint that has more than `loadFactor` times the mean of the calls
 * pending passes calls on to the next on the ring, so that one much wanted key cannot overload it. Calls without a key
 * go to who has the fewest pending.
 *
 * The key: `route.key`, else the method's own `key`, else what `keyOf` says. What a route excludes is passed over on the
 * ring, so that a call that is tried again goes where the key would go without it.
 *
 * It connects to all endpoints of a list, however many: clients that each knew a part would disagree.
 *
 * Mirrokni, Thorup and Zadimoghaddam, Consistent Hashing with Bounded Loads, SODA 2018.
 */
export const consistentHashWith = (random: Random, options: ConsistentHashOptions = {}): Balancer => {
  checkOptions("consistentHash", options, {
    keyOf: "function",
    loadFactor: { from: 1, to: Number.POSITIVE_INFINITY },
    freePending: "number",
  });
  const { keyOf, loadFactor = 1.25, freePending = 4 } = options;
  const balancer: Balancer = () => (ready) => {
    const usable = weighted(ready);
    const weights = usable.map((candidate) => weightOf(candidate) || 1);
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
    const shares = Float64Array.from(weights, (weight) => weight / mean);
    const ring = new Ring(
      usable.map(({ endpoint }) => endpoint.id),
      weights,
    );
    const pending = new PendingSum(usable);
    const pickAny = leastPendingWith(random)()(ready);

    /** The first from a point on that has room; where nobody has, whose the point is. */
    const walk = (from: number, except: readonly string[] | undefined): Candidate => {
      const all = pending.sum() + 1;
      let fallback: Candidate | undefined;
      for (let step = 0; step < ring.size; step++) {
        const point = from + step;
        const owner = ring.ownerOf(point < ring.size ? point : point - ring.size);
        const candidate = usable[owner]!;
        if (except?.includes(candidate.endpoint.id)) continue;
        if (candidate.pending < freePending || hasRoom(candidate, loadFactor, all, shares, owner)) return candidate;
        fallback ??= candidate;
      }
      return fallback ?? excluded(ready, except) ?? usable[ring.ownerOf(from)]!;
    };
    return (call) => {
      const { route } = call;
      if (route?.only !== undefined) return pickAny(call);
      const key = route?.key ?? call.method.keyOf?.(...(call.input as never[])) ?? keyOf?.(call);
      return key === undefined ? pickAny(call) : walk(ring.find(String(key)), route?.except);
    };
  };
  return Object.assign(balancer, { whole: true });
};

/** `consistentHashWith` with chance of its own. */
export const consistentHash = (options?: ConsistentHashOptions): Balancer => consistentHashWith(chance, options);

/** Not made anew for each list: what has not run often enough to be compiled makes an object of each fraction. */
function hasRoom(
  { pending }: Candidate,
  loadFactor: number,
  all: number,
  shares: Float64Array,
  owner: number,
): boolean {
  return pending < Math.ceil(((loadFactor * all) / shares.length) * shares[owner]!);
}

/** One of weight 0 serves where all others are excluded. */
function excluded(ready: readonly Candidate[], except: readonly string[] | undefined): Candidate | undefined {
  return ready.find(({ endpoint }) => !except?.includes(endpoint.id));
}
