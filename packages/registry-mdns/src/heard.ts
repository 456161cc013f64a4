import { type Announcement, announced, announcementFrom, everything, type MdnsRecord } from "./announcement.js";

/** What anybody on the network can make us remember. */
const maxHeard = 20_000;

interface Remembered {
  readonly announcement: Announcement;
  readonly until: number;
}

/** What was announced and has not ended, by what this process has heard itself. */
export interface Heard {
  /** Takes records in; returns the announcements that are new, changed or ended by them. */
  take(records: readonly MdnsRecord[], now: number): readonly Announcement[];
  /** Returns what is announced in a cluster now, the newest of each instance. */
  current(cluster: string, now: number): readonly Announcement[];
  /** Returns when the next of them ends; Infinity where there is none. */
  nextEnd(now: number): number;
}

/** `skip` is told of announcements that cannot be used, by name. */
export function createHeard(skip: (name: string, why: unknown) => void): Heard {
  const heard = new Map<string, Remembered>();

  const takeOne = (record: MdnsRecord, now: number): Announcement | undefined => {
    const announcement = announcementFrom(record);
    const known = heard.get(record.name);
    if (known !== undefined && known.announcement.revision > announcement.revision) return undefined;
    if (record.ttl === 0) return heard.delete(record.name) ? announcement : undefined;
    if (known === undefined && heard.size >= maxHeard) throw new Error(`${maxHeard} instances are known already`);
    heard.set(record.name, { announcement, until: now + 1_000 * (record.ttl ?? 0) });
    return known?.announcement.revision === announcement.revision ? undefined : announcement;
  };

  return {
    take: (records, now) =>
      records.flatMap((record) => {
        if (record.type !== "TXT" || !record.name.endsWith(`.${everything}`)) return [];
        try {
          return takeOne(record, now) ?? [];
        } catch (error) {
          skip(record.name, error);
          return [];
        }
      }),
    current(cluster, now) {
      const newest = new Map<string, Announcement>();
      for (const [name, { announcement, until }] of heard) {
        if (until <= now) heard.delete(name);
        else if (announcement.cluster === cluster) {
          const key = JSON.stringify([announcement.entry.service, announcement.entry.id]);
          const other = newest.get(key);
          if (other === undefined || isLater(announcement, other)) newest.set(key, announcement);
        }
      }
      return [...newest.values()];
    },
    nextEnd: (now) =>
      [...heard.values()].reduce(
        (least, { until }) => (until > now ? Math.min(least, until) : least),
        Number.POSITIVE_INFINITY,
      ),
  };
}

function isLater(one: Announcement, other: Announcement): boolean {
  return (
    one.registeredAt - other.registeredAt > 0 ||
    (one.registeredAt === other.registeredAt && announced(one) > announced(other))
  );
}
