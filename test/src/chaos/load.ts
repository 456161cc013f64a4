import type { Figure } from "./figure.js";
import type { Ended, Failure } from "./outcomes.js";
import type { Load } from "./questions.js";
import type { Scene } from "./scene.js";

/** Longer than any call lasts, in ms. */
const settleMs = 30_000;

/** Does `task` while the client makes calls; resolves when each has an outcome. */
export async function underLoad(scene: Scene, method: Load["method"], task: () => Promise<unknown>): Promise<Ended> {
  await scene.client.ask("begin", { method, perSecond: scene.sizes.callsPerSecond });
  try {
    await task();
  } catch (error) {
    await scene.client.ask("rest", {}, settleMs).catch(() => {});
    throw error;
  }
  return scene.client.ask("rest", {}, settleMs);
}

/** Servers that have no processor turn calls away, as they should: that is told apart, since a busy machine does it, too. */
export const isOverload = ({ reason }: Failure): boolean => reason === "OVERLOADED" || reason === "THROTTLED";

/** The figure of calls that were turned away. */
export function turnedAway(failures: readonly Failure[]): Figure {
  const measured = failures.filter(isOverload).length;
  return { what: "turned away for overload", measured, unit: "", atMost: 0, busy: Number.POSITIVE_INFINITY };
}

/** The figures of rows in which no call may fail. A load that was hardly made shows nothing. */
export function noneFailed(loads: readonly Ended[], what = "calls that failed"): readonly Figure[] {
  const made = loads.reduce((sum, load) => sum + load.made, 0);
  const all = loads.flatMap((load) => load.failures);
  const failures = all.filter((failure) => !isOverload(failure));
  const first = failures.slice(0, 3).map(({ code, reason, processed, message }) => {
    return `${code}/${reason}, processed ${processed}: ${message}`;
  });
  const lost = loads.reduce((sum, load) => sum + load.made - load.answered - load.failures.length, 0);
  return [
    {
      what: `${what}, of ${made}`,
      measured: made === 0 ? Number.NaN : failures.length + lost,
      unit: "",
      atMost: 0,
      ...(first.length > 0 && { note: first.join("; ") }),
    },
    turnedAway(all),
  ];
}
