import type { TestContext } from "node:test";

const tasks = new WeakMap<TestContext, (() => unknown)[]>();

/** Runs `task` when the test is over, however it went: what was begun last ends first. */
export function atEnd(t: TestContext, task: () => unknown): void {
  let known = tasks.get(t);
  if (known === undefined) {
    const list: (() => unknown)[] = [];
    known = list;
    tasks.set(t, list);
    t.after(async () => {
      for (let next = list.pop(); next !== undefined; next = list.pop()) await next();
    });
  }
  known.push(task);
}
