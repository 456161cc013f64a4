import type { Endpoint, Entry } from "@rpc/core";
import { createSkipLog, entryFrom, type Store } from "@rpc/core/discovery";
import { atMost } from "./at-most.js";
import { createFollowing } from "./following.js";
import { holdLease } from "./hold-lease.js";
import { entryOf, keyOf, servicePrefix, textOf } from "./pairs.js";
import { refusalOf } from "./refusal-of.js";
import type { StoreOptions } from "./store-options.js";

/** How often others may be quicker with a change before something must be wrong. */
const attempts = 100;
/** Reads at a time: of a thousand watches that look again at once, none should wait for its answer longer than it may. */
const readsAtOnce = 32;

/** Returns the store that etcd is: a key for each entry, under the lease of the process that wrote it. */
export function etcdStore(options: StoreOptions): Store {
  const { name, client, base, logger } = options;
  const skipped = createSkipLog(name, logger);
  const following = createFollowing(name, client, logger);
  const refused = refusalOf(name);
  const inTurn = atMost(readsAtOnce);

  const read = async (prefix: string): Promise<Entry[]> => {
    const { kvs } = await inTurn(() => client.getAll().prefix(prefix).exec()).catch(refused);
    return kvs.flatMap((pair) => {
      try {
        return [entryOf(base, pair)];
      } catch (error) {
        skipped(String(pair.key), error);
        return [];
      }
    });
  };

  return {
    read: async (service) => ({ value: (await read(servicePrefix(base, service))) as readonly Endpoint[] }),
    names: async () => ({ value: (await read(base)).map(({ service }) => service) }),
    follow: (follower, service) =>
      following.follow(service === undefined ? base : servicePrefix(base, service), follower),
    hold: (entries, lose) => holdLease(options, entries, lose),
    async patch(service, id, state) {
      const key = keyOf(base, service, id);
      for (let attempt = 1; attempt <= attempts; attempt++) {
        const { kvs } = await client.get(key).exec().catch(refused);
        const [pair] = kvs;
        if (pair === undefined) return false;
        const value = textOf(entryFrom({ ...entryOf(base, pair), ...state }));
        const { succeeded } = await client
          .if(key, "Mod", "==", pair.mod_revision)
          .then(client.put(key).value(value).ignoreLease())
          .commit()
          .catch(refused);
        if (succeeded) return true;
      }
      throw new Error("others keep changing it");
    },
    async close() {
      await following.close();
      client.close();
    },
  };
}
