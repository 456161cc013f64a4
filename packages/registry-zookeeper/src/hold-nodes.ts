import { randomUUID } from "node:crypto";
import type { Entry } from "@rpc/core";
import type { Holding } from "@rpc/core/discovery";
import { bytesOf, leaseOf, pathOf } from "./nodes.js";
import type { Session } from "./session.js";
import type { Tree } from "./tree.js";

/** Makes nodes in a session and keeps them as long as that lasts. */
export async function holdNodes(
  tree: Tree,
  session: Session,
  base: readonly string[],
  entries: readonly Entry[],
  lose: (reason: Error) => void,
): Promise<Holding> {
  const lease = randomUUID();
  let held: ReadonlySet<string> = new Set();

  const put = async (path: string, bytes: Buffer): Promise<void> => {
    while (!(await tree.create(session, path, bytes))) {
      const there = await tree.content(session, path);
      if (there === undefined) continue;
      // What another session holds under this id is an earlier one of ours, or somebody's who said that he is us.
      if (!session.owns(there.stat)) await tree.remove(session, path, there.stat.version);
      else if (await tree.write(session, path, bytes, there.stat.version)) return;
    }
  };

  /** Only what stands under this lease: the same instance may have registered again meanwhile. */
  const take = async (path: string): Promise<void> => {
    for (;;) {
      const there = await tree.content(session, path);
      if (there === undefined || leaseOf(there.bytes) !== lease) return;
      if (await tree.remove(session, path, there.stat.version)) return;
    }
  };

  const write = async (next: readonly Entry[]): Promise<void> => {
    const wanted = new Map(next.map((entry) => [pathOf(...base, entry.service, entry.id), bytesOf(entry, lease)]));
    const gone = [...held].filter((path) => !wanted.has(path));
    held = new Set([...held, ...wanted.keys()]); // also where some of it fails: all of it is to be taken away in the end
    await Promise.all([...gone.map(take), ...[...wanted].map(([path, bytes]) => put(path, bytes))]);
    held = new Set(wanted.keys());
  };

  const drop = async (): Promise<void> => {
    stop();
    if (!session.over) await Promise.all([...held].map(take));
  };

  const stop = session.onEnd(lose);
  try {
    await write(entries);
  } catch (error) {
    await drop().catch(() => {});
    throw error;
  }
  return { replace: write, drop };
}
