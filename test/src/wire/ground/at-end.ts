import type { TestContext } from "node:test";
import { assertAtRest, assertClockAtRest, type Resting } from "@rpc/core/testing";

/** What ends: a test, or a suite that shares something among its tests. */
export type Ending = Pick<TestContext, "after">;

const ends = new WeakMap<Ending, Resting[]>();
const tasks = new WeakMap<Ending, (() => unknown)[]>();

/** Closes a server or a connector when the test is over, which must hold nothing any more then. */
export function closedAtEnd(t: Ending, end: Resting & { close(): Promise<void> }): void {
  ends.set(t, [...(ends.get(t) ?? []), end]);
  atEnd(t, () => end.close());
}

/** Runs `task` when the test is over, however it went: what was begun last ends first. */
export function atEnd(t: Ending, task: () => unknown): void {
  let known = tasks.get(t);
  if (known === undefined) {
    const list: (() => unknown)[] = [];
    known = list;
    tasks.set(t, list);
    t.after(async () => {
      for (let next = list.pop(); next !== undefined; next = list.pop()) await next();
      for (const end of ends.get(t) ?? []) await assertAtRest(end, { handlers: false });
      if (ends.has(t)) await assertClockAtRest();
    });
  }
  known.push(task);
}
