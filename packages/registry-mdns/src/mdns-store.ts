import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Endpoint, type Entry, type Logger, systemClock } from "@rpc/core";
import type { Follower, Holding, SkipLog, Store } from "@rpc/core/discovery";
import { type Announcement, announced, browsed, everything, recordsOf } from "./announcement.js";
import { createHeard } from "./heard.js";
import type { MdnsRegistryOptions } from "./mdns-options.js";
import { openWire, type Wire } from "./wire.js";

/** How long what was sent may take to come back to us, in ms, before the network counts as deaf. */
const echoMs = 1_000;
/** What was sent before a look has been heard after so many ms. */
const arrivalMs = 25;
/** Looked at so long after an end, in ms. */
const graceMs = 20;

/** Returns what a process hears of the others, and tells them. */
export function createMdnsStore(options: MdnsRegistryOptions, name: string, logger: Logger, skip: SkipLog): Store {
  const { cluster = "default", ttlMs = 10_000, listenMs = 300 } = options;
  const ttl = Math.ceil(ttlMs / 1_000);
  const heard = createHeard(skip);
  const held = new Map<string, Announcement>();
  const followers = new Map<Follower, string | undefined>();
  const listening = new Map<string, Promise<void>>();
  const echoes = new Map<string, () => void>();
  let wire: Promise<Wire> | undefined;
  let beat: NodeJS.Timeout | undefined;

  const speak = (): Promise<Wire> => {
    wire ??= openWire(options, {
      asked: (names) => [...held.values()].filter((each) => isAsked(each, names)).map((each) => recordsOf(each, ttl)),
      heard(records) {
        for (const { entry } of heard.take(records, performance.now())) {
          for (const [follower, service] of followers)
            if (service === undefined || service === entry.service) follower.changed();
        }
        for (const record of records) if (record.type === "TXT") echoes.get(keyOf(record.name, record.ttl ?? 0))?.();
      },
      lost(reason) {
        wire = undefined;
        listening.clear();
        logger.warn(`${name} cannot be heard any more, and is opened again`, { error: reason.message });
        for (const follower of followers.keys()) follower.lost(reason);
      },
    }).catch((error: unknown) => {
      wire = undefined;
      throw error;
    });
    return wire;
  };

  /** Sends, and resolves once this process has heard it itself: then so have the others that listen. */
  const tell = async (announcements: readonly Announcement[], seconds: number): Promise<void> => {
    const { send } = await speak();
    await Promise.all(
      announcements.map(async (announcement) => {
        const key = keyOf(announced(announcement), seconds);
        const echo = new Promise<void>((resolve) => echoes.set(key, resolve));
        const deaf = new AbortController();
        const late = delay(echoMs, undefined, { signal: deaf.signal }).then(() => {
          throw new Error("what was sent was not heard: is multicast allowed on that interface?");
        });
        try {
          await send(recordsOf(announcement, seconds));
          await Promise.race([echo, late]);
        } finally {
          deaf.abort();
          await late.catch(() => {});
          echoes.delete(key);
        }
      }),
    );
  };

  const beatAll = async (): Promise<void> => {
    try {
      const { send } = await speak();
      for (const announcement of held.values()) await send(recordsOf(announcement, ttl));
    } catch (error) {
      logger.warn(`nothing can be announced on ${name}; tried again`, {
        error: error instanceof Error ? error.message : "",
      });
    }
  };

  const keepBeat = (): void => {
    if (held.size > 0) beat ??= setInterval(() => void beatAll(), ttlMs / 3).unref();
    else {
      clearInterval(beat);
      beat = undefined;
    }
  };

  /** The first look at a name asks for it and collects answers; from then on everything is heard as it is told. */
  const listen = async (question: string): Promise<void> => {
    const { ask } = await speak();
    const known = listening.get(question);
    if (known !== undefined) {
      await known;
      return delay(arrivalMs);
    }
    const first = askTwice(ask, question, listenMs);
    listening.set(question, first);
    await first.catch((error: unknown) => {
      listening.delete(question);
      throw error;
    });
  };

  const look = async (question: string): Promise<{ now: readonly Announcement[]; againMs: number }> => {
    await listen(question);
    const at = performance.now();
    return { now: heard.current(cluster, at), againMs: Math.min(heard.nextEnd(at) - at + graceMs, ttlMs) };
  };

  return {
    async read(service) {
      const { now, againMs } = await look(browsed(cluster, service));
      const value: readonly Endpoint[] = now.map(({ entry }) => entry).filter((entry) => entry.service === service);
      return { value, againMs };
    },
    async names() {
      const { now, againMs } = await look(everything);
      return { value: now.map(({ entry }) => entry.service), againMs };
    },
    follow(follower, service) {
      followers.set(follower, service);
      return () => followers.delete(follower);
    },
    async hold(entries): Promise<Holding> {
      const lease = randomBytes(12).toString("hex");
      const registeredAt = Math.floor(1_000 * (performance.timeOrigin + performance.now()));
      let mine: ReadonlyMap<string, Announcement> = new Map();
      let revision = 0;
      const put = async (next: readonly Entry[]): Promise<void> => {
        revision++;
        const announcements = next.map((entry) => ({ cluster, lease, revision, registeredAt, entry }));
        const named = new Map(announcements.map((each) => [announced(each), each]));
        const gone = [...mine].filter(([key]) => !named.has(key)).map(([, each]) => ({ ...each, revision }));
        for (const key of mine.keys()) held.delete(key);
        mine = named;
        for (const [key, each] of named) held.set(key, each);
        keepBeat();
        await Promise.all([tell(announcements, ttl), tell(gone, 0)]);
      };
      const drop = async (): Promise<void> => {
        for (const key of mine.keys()) held.delete(key);
        keepBeat();
        await tell(
          [...mine.values()].map((each) => ({ ...each, revision: revision + 1 })),
          0,
        );
      };
      await put(entries).catch(async (error: unknown) => {
        await drop().catch(() => {});
        throw error;
      });
      return { replace: put, drop };
    },
    async close() {
      held.clear();
      followers.clear();
      keepBeat();
      await (await wire?.catch(() => undefined))?.close();
    },
  };
}

/** A datagram may get lost, and a process that was held up has not read what is there: asked twice, and read before judged. */
async function askTwice(ask: Wire["ask"], question: string, listenMs: number): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await ask(question);
    await delay(listenMs / 2);
    await new Promise<void>((resolve) => systemClock.afterReads(resolve));
  }
}

function isAsked(announcement: Announcement, names: readonly string[]): boolean {
  const own = [everything, browsed(announcement.cluster, announcement.entry.service), announced(announcement)];
  return own.some((name) => names.includes(name));
}

const keyOf = (name: string, ttl: number): string => `${name} ${ttl > 0}`;
