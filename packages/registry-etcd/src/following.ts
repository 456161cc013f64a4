import type { Logger } from "@rpc/core";
import type { Follower } from "@rpc/core/discovery";
import type { Etcd3, IWatchResponse, Watcher } from "etcd3";

/** How long the end of the watches is waited for, in ms: one that is silently dead never says it. */
const endMs = 1_000;

/** The watches of a client: one for each prefix, shared by all who follow it. */
export interface Following {
  follow(prefix: string, follower: Follower): () => void;
  close(): Promise<void>;
}

interface Followed {
  readonly watcher: Watcher;
  readonly followers: Set<Follower>;
}

/**
 * Tells of changes below a prefix. After a lost connection the client begins a watch anew by itself; what was missed is
 * read, so each beginning counts as a change. Where etcd's history does not lead on from what was seen, because it was
 * compacted or the data is gone, the watch is lost: the client would go on with it and hear nothing.
 */
export function createFollowing(name: string, client: Etcd3, logger: Logger): Following {
  const followed = new Map<string, Followed>();
  const ending = new Set<Promise<unknown>>();
  let away = false;

  const end = (prefix: string, { watcher }: Followed): void => {
    if (followed.get(prefix)?.watcher === watcher) followed.delete(prefix);
    const ended = watcher
      .cancel()
      .catch(() => {})
      .finally(() => ending.delete(ended));
    ending.add(ended);
  };

  const begin = (prefix: string): Followed => {
    const watcher = client.watch().prefix(prefix).watcher();
    const it: Followed = { watcher, followers: new Set() };
    let seen = 0n;
    const lost = (reason: unknown): void => {
      if (followed.get(prefix) !== it) return;
      end(prefix, it);
      for (const follower of it.followers) follower.lost(reason);
    };
    const changed = ({ header }: Pick<IWatchResponse, "header">): void => {
      seen = BigInt(header.revision);
      for (const follower of it.followers) follower.changed();
    };
    watcher.on("connected", (response) => {
      if (away) logger.info(`${name} is back`);
      away = false;
      if (BigInt(response.header.revision) < seen) lost(new Error("etcd has lost its data"));
      else changed(response);
    });
    watcher.on("data", changed);
    watcher.on("disconnected", () => {
      if (!away) logger.warn(`${name} cannot be reached; what is known stays in force`);
      away = true;
    });
    watcher.on("error", lost);
    followed.set(prefix, it);
    return it;
  };

  return {
    follow(prefix, follower) {
      const it = followed.get(prefix) ?? begin(prefix);
      it.followers.add(follower);
      return () => {
        if (it.followers.delete(follower) && it.followers.size === 0) end(prefix, it);
      };
    },
    async close() {
      for (const [prefix, it] of followed) end(prefix, it);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, endMs);
      });
      await Promise.race([Promise.allSettled(ending), late]);
      clearTimeout(timer);
    },
  };
}
