import { type Balancer, type Candidate, checkOptions, type Picker } from "@rpc/core";
import { PendingSum } from "./pending-sum.js";
import { weightOf } from "./weights.js";

/** When calls go farther than they would have to. */
export interface SpillOptions {
  /** Ready endpoints that are near below which the others are used like them. Defaults to 1. */
  readonly fewest?: number;
  /**
   * Calls pending on each near endpoint, on average, above which others that have fewer are used too. Infinity: never.
   * Defaults to 32.
   */
  readonly pendingAbove?: number;
}

/** Of a long list who is near is asked anew so many times more seldom than there are endpoints. */
const lookedAt = 16;

/** Chooses those of a list that are near. Runs for each new list. */
export type Choose = (ready: readonly Candidate[]) => readonly Candidate[];

/** How it is noticed that others are near by now, where that changes by itself. */
export interface Again {
  /** After how many calls at least it is asked. */
  readonly calls: number;
  /** Whether the choice would be the same. Allocates nothing. */
  holds(chosen: readonly Candidate[], ready: readonly Candidate[]): boolean;
}

/**
 * Returns a balancer that leaves the choice to `inner`, among those that are near while they are enough and not too busy,
 * else among all. A call whose route excludes all that are near goes to others, and so does one that is pinned there.
 */
export function preferring(
  where: string,
  choose: Choose,
  inner: Balancer,
  options: SpillOptions = {},
  again?: Again,
): Balancer {
  checkOptions(where, options, { fewest: "count", pendingAbove: "number" });
  const { fewest = 1, pendingAbove = 32 } = options;
  const { admits, whole } = inner;
  const balancer: Balancer = () => {
    const pickNear = inner();
    const pickAny = inner();
    const nearest = (chosen: readonly Candidate[], ready: readonly Candidate[], any: Picker): Picker => {
      const near = chosen.filter((candidate) => weightOf(candidate) > 0);
      if (near.length < fewest || near.length === 0 || near.length === ready.length) return any;
      const from = pickNear(near);
      const known = new Set(near);
      const far = ready.filter((candidate) => !known.has(candidate) && weightOf(candidate) > 0);
      const nearPending = new PendingSum(near);
      const farPending = new PendingSum(far);
      const many = pendingAbove * near.length;
      const busy = (): boolean => {
        const pending = nearPending.sum();
        return pending >= many && far.length > 0 && farPending.sum() * near.length < pending * far.length;
      };
      return (call) => {
        const { route } = call;
        if (route !== undefined && leaves(near, route.only, route.except) === false) return any(call);
        return busy() ? any(call) : from(call);
      };
    };
    return (all) => {
      // Who is near and not wanted must not hide who is wanted and far.
      const wanted = admits === undefined ? all : all.filter(({ endpoint }) => admits(endpoint));
      const ready = wanted.length > 0 ? wanted : all;
      const any = pickAny(ready);
      let chosen = choose(ready);
      let pick = nearest(chosen, ready, any);
      if (again === undefined) return Object.assign(pick, { scoreOf: any.scoreOf });
      const every = Math.max(again.calls, lookedAt * ready.length);
      let left = every;
      const picker: Picker = (call) => {
        if (--left < 0) {
          left = every;
          if (!again.holds(chosen, ready)) {
            chosen = choose(ready);
            pick = nearest(chosen, ready, any);
          }
        }
        return pick(call);
      };
      return Object.assign(picker, { scoreOf: any.scoreOf });
    };
  };
  return Object.assign(balancer, { admits, whole });
}

/** Whether a route leaves one of the candidates. */
function leaves(near: readonly Candidate[], only: string | undefined, except: readonly string[] | undefined): boolean {
  if (only !== undefined) return near.some(({ endpoint }) => endpoint.id === only);
  return except === undefined || near.some(({ endpoint }) => !except.includes(endpoint.id));
}
