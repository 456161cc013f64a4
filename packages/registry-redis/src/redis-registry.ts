import { randomBytes } from "node:crypto";
import { type Endpoint, type Entry, type NodeState, type Registry, silent, systemClock } from "@rpc/core";
import {
  createRegistry,
  createSkipLog,
  entryFrom,
  type Follower,
  type Holding,
  type Seen,
  type SkipLog,
  type Store,
  stateFrom,
} from "@rpc/core/discovery";
import { openConnection } from "./connection.js";
import { redisFailure } from "./redis-failure.js";
import { checkRegistryOptions, placeOf, type RedisRegistryOptions } from "./redis-options.js";

/** How long after a lease should have ended it is looked whether it has, in ms. */
const graceMs = 50;

/**
 * Returns a registry in Redis (6 or later; one server, its primary). Nothing is asked of it until it is first used.
 *
 * A process that dies without a word is off the lists `ttlMs` later (10 s); every other change is told by a message, and
 * seen within a fraction of a second. A message that got lost costs `ttlMs` at most: every watch looks again then. No
 * keyspace events are needed. Where Redis is gone, watches throw, and core goes on with the last list; where its data is
 * gone, each process learns so with its next sign of life, at once when it comes back, and is registered again.
 */
export function redisRegistry(options: RedisRegistryOptions = {}): Registry {
  checkRegistryOptions(options);
  const place = placeOf("redisRegistry", options);
  const logger = options.logger ?? silent;
  const name = `Redis at ${place.host}:${place.port}`;
  const store = createStore(options, place, name);
  return createRegistry({ name, store, clock: systemClock, random: Math.random, logger });
}

interface Held {
  lose(reason: Error): void;
}

function createStore(options: RedisRegistryOptions, place: ReturnType<typeof placeOf>, name: string): Store {
  const { prefix = "rpc", cluster = "default", ttlMs = 10_000 } = options;
  const logger = options.logger ?? silent;
  const keys = `{${prefix}:${cluster}}:`;
  const skip = createSkipLog(name, logger);
  const held = new Map<string, Held>();
  const followers = new Map<Follower, string | undefined>();
  let subscribed: Promise<unknown> | undefined;
  let pulse: NodeJS.Timeout | undefined;

  const connection = openConnection(
    place,
    options,
    {
      ready: () => void beatAll(),
      closed: () => {
        subscribed = undefined;
        for (const follower of followers.keys()) follower.lost(new Error("the connection to Redis was lost"));
      },
      message: (service) => {
        for (const [follower, other] of followers) if (other === undefined || other === service) follower.changed();
      },
    },
    logger,
  );

  const run = async (doing: string, ...args: Parameters<typeof connection.run>): Promise<unknown> => {
    const [script, ...rest] = args;
    try {
      return await connection.run(script, keys, ...rest);
    } catch (cause) {
      throw redisFailure(doing, name, cause);
    }
  };

  /** Says that everything is alive, or, where nothing is held, finds out whether Redis is. What fails is tried again with the next pulse. */
  const beatAll = async (): Promise<void> => {
    if (held.size === 0) await connection.ping().catch(() => {});
    for (const [lease, holder] of held) {
      const alive = await connection.run("beat", keys, lease, ttlMs).catch(() => undefined);
      if (alive === 0 && held.get(lease) === holder) {
        held.delete(lease);
        holder.lose(new Error(`${name} knows nothing any more of what was registered`));
      }
    }
  };

  const keepPulse = (): void => {
    const wanted = held.size > 0 || followers.size > 0;
    if (wanted) pulse ??= setInterval(() => void beatAll(), ttlMs / 3).unref();
    else {
      clearInterval(pulse);
      pulse = undefined;
    }
  };

  const put = (lease: string, how: "new" | "old", entries: readonly Entry[]): Promise<unknown> => {
    const args = entries.flatMap(({ service, id, ...rest }) => [service, id, JSON.stringify(rest)]);
    return run("register", "hold", lease, ttlMs, how, ...args);
  };

  /** Messages are only heard where this was answered before the first look. */
  const listening = async (): Promise<void> => {
    if (followers.size === 0) return;
    subscribed ??= connection.subscribe(`${keys}changed`);
    try {
      await subscribed;
    } catch (cause) {
      subscribed = undefined;
      throw redisFailure("subscribe to changes", name, cause);
    }
  };

  return {
    async read(service) {
      await listening();
      return seenFrom(service, await run(`list ${service}`, "read", service), ttlMs, `${keys}service:${service}`, skip);
    },
    async names() {
      await listening();
      return { value: (await run("list the services", "names")) as string[], againMs: ttlMs };
    },
    follow(follower, service) {
      followers.set(follower, service);
      keepPulse();
      return () => {
        followers.delete(follower);
        keepPulse();
      };
    },
    async hold(entries, lose): Promise<Holding> {
      const lease = randomBytes(12).toString("hex");
      await put(lease, "new", entries);
      held.set(lease, { lose });
      keepPulse();
      return {
        async replace(next) {
          if ((await put(lease, "old", next)) === 1) return;
          held.delete(lease);
          const reason = new Error(`${name} knows nothing any more of what was registered`);
          lose(reason);
          throw reason;
        },
        async drop() {
          held.delete(lease);
          keepPulse();
          await run("release what was registered", "drop", lease);
        },
      };
    },
    async patch(service, id, state) {
      return (await run(`change the state of ${id}`, "patch", service, id, ...fieldsOf(state))) === 1;
    },
    async close() {
      held.clear();
      followers.clear();
      keepPulse();
      connection.close();
    },
  };
}

function fieldsOf({ weight, tags, inactive }: NodeState): string[] {
  const fields = { w: weight, t: tags, i: inactive };
  return Object.entries(fields).flatMap(([field, value]) =>
    value === undefined ? [] : [field, JSON.stringify(value)],
  );
}

type Row = readonly [id: string, entry: string, weight: string | null, tags: string | null, inactive: string | null];

/** What cannot be read is skipped: the rest is as good as ever. */
function seenFrom(service: string, answer: unknown, ttlMs: number, key: string, skip: SkipLog): Seen<Endpoint> {
  const [soonestMs, rows] = answer as readonly [number, readonly Row[]];
  const value = rows.flatMap(([id, text, weight, tags, inactive]) => {
    try {
      const entry = entryFrom({ ...(JSON.parse(text) as object), service, id });
      const state = { weight: parsed(weight), tags: parsed(tags), inactive: parsed(inactive) };
      return [{ ...entry, ...stateFrom(state) }];
    } catch (error) {
      skip(`${key} ${id}`, error);
      return [];
    }
  });
  return { value, againMs: soonestMs < 0 ? ttlMs : Math.min(soonestMs + graceMs, ttlMs) };
}

const parsed = (text: string | null): unknown => (text === null ? undefined : JSON.parse(text));
