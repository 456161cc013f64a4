import type { Entry, Logger } from "@rpc/core";
import { createSkipLog, entryFrom, type Follower, type Store } from "@rpc/core/discovery";
import { holdNodes } from "./hold-nodes.js";
import { bytesOf, entryOf, leaseOf, nameOf, pathOf } from "./nodes.js";
import type { Session } from "./session.js";
import type { Sessions } from "./sessions.js";
import { treeOf } from "./tree.js";

/** How often others may be quicker with a change before something must be wrong. */
const attempts = 100;

export interface ZookeeperStoreOptions {
  /** For messages. */
  readonly name: string;
  readonly sessions: Sessions;
  /** Names of the nodes above those of the services. */
  readonly base: readonly string[];
  /** Nodes belong to the credentials that made them. */
  readonly secured: boolean;
  readonly logger: Logger;
}

/** Returns the store that ZooKeeper is: a node for each entry, which goes with the session of the process that made it. */
export function zookeeperStore({ name, sessions, base, secured, logger }: ZookeeperStoreOptions): Store {
  const tree = treeOf(name, secured);
  const skipped = createSkipLog(name, logger);
  const root = pathOf(...base);
  /** What nodes held that are still watched, so that only what has changed is read again. */
  const known = new Map<string, Promise<Entry | undefined>>();
  const followers = new Map<Follower, string>();

  sessions.listen({
    changed(path) {
      known.delete(path);
      for (const [follower, below] of followers) if (path === below || path.startsWith(`${below}/`)) follower.changed();
    },
    missed() {
      known.clear();
      for (const follower of followers.keys()) follower.changed();
    },
  });

  const look = async (session: Session, service: string, path: string, part: string): Promise<Entry | undefined> => {
    const content = await tree.watched(session, path);
    if (content === undefined) known.delete(path);
    else {
      try {
        return entryOf(service, part, content.bytes);
      } catch (error) {
        skipped(path, error);
      }
    }
    return undefined;
  };

  const entryAt = (session: Session, service: string, path: string, part: string): Promise<Entry | undefined> => {
    let entry = known.get(path);
    if (entry === undefined) {
      // Before the answer is there: a change that comes right behind it makes it forgotten.
      entry = look(session, service, path, part);
      known.set(path, entry);
      entry.catch(() => known.delete(path));
    }
    return entry;
  };

  const read = async (session: Session, service: string): Promise<Entry[]> => {
    const path = pathOf(...base, service);
    const parts = (await tree.children(session, path)) ?? [];
    const entries = await Promise.all(parts.map((part) => entryAt(session, service, `${path}/${part}`, part)));
    return entries.filter((entry) => entry !== undefined);
  };

  return {
    read: async (service) => ({ value: await read(sessions.current(), service) }),
    async names() {
      const session = sessions.current();
      const services = ((await tree.children(session, root)) ?? []).map(nameOf);
      const lists = await Promise.all(services.map((service) => read(session, service)));
      return { value: services.filter((_, index) => lists[index]!.length > 0) };
    },
    follow(follower, service) {
      followers.set(follower, service === undefined ? root : pathOf(...base, service));
      return () => followers.delete(follower);
    },
    hold: (entries, lose) => holdNodes(tree, sessions.current(), base, entries, lose),
    async patch(service, id, state) {
      const path = pathOf(...base, service, id);
      for (let attempt = 1; attempt <= attempts; attempt++) {
        const session = sessions.current();
        const there = await tree.content(session, path);
        if (there === undefined) return false;
        const entry = entryFrom({ ...entryOf(service, encodeURIComponent(id), there.bytes), ...state });
        if (await tree.write(session, path, bytesOf(entry, String(leaseOf(there.bytes))), there.stat.version))
          return true;
      }
      throw new Error("others keep changing it");
    },
    close: () => sessions.close(),
  };
}
