import { after, before } from "node:test";
import type { Ending } from "../wire/ground/at-end.js";
import type { RealServer } from "./real-server.js";

/** Within a `describe`: opens one server for all tests of it, and returns what returns it while they run. */
export function sharedServer(open: (t: Ending) => Promise<RealServer>): () => RealServer {
  const tasks: (() => unknown)[] = [];
  let server: RealServer | undefined;
  before(async () => {
    server = await open({ after: (task) => void tasks.push(task as () => unknown) });
  });
  after(async () => {
    for (const task of tasks) await task();
  });
  return () => server!;
}
