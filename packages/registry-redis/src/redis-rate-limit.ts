import { type Admission, checkOptions, type Head, RpcError, silent, systemClock } from "@rpc/core";
import {
  checkedRate,
  createTokenBuckets,
  keyBy,
  type RateLimitOptions,
  rateKinds,
  rateMessage,
  waitingRefusals,
} from "@rpc/core/limits";
import { openConnection } from "./connection.js";
import { placeOf, type RedisOptions, redisKinds } from "./redis-options.js";

export interface RedisRateLimitOptions extends RedisOptions, Omit<RateLimitOptions, "clock"> {
  /** Which limit it is: servers that say the same name share it. */
  readonly name: string;
}

/** An admission that holds a connection. */
export interface SharedRateLimit {
  readonly admission: Admission;
  /** Ends the connection; from then on each process limits by itself. May be called twice. */
  close(): Promise<void>;
}

/** Calls that a process takes at once are what the limit lets in within so many ms. */
const batchMs = 20;
/** What was taken and not used is given up after so many ms. */
const keptMs = 1_000;

/** What a process has of one key's calls. */
interface Share {
  /** Calls that may be let in; below 0 where some were on credit. */
  left: number;
  /** Until when they are good, and until when there is nothing to be had. */
  until: number;
  emptyUntil: number;
  asking: boolean;
}

/**
 * Returns a rate limit that many servers share over Redis, by whoever shares it (`by`): together they let in `perSecond`.
 * Judging a call waits for nobody: each process takes calls in advance, 20 ms' worth at a time, and where it has none it lets
 * in as many on credit while it asks. So n processes that meet a caller at the same moment may together let in n times 20 ms' worth too many, which its next calls
 * pay for. While Redis does not answer each process lets in `perSecond` by itself. Rejects as `rateLimit` does.
 */
export function redisRateLimit(options: RedisRateLimitOptions): SharedRateLimit {
  checkOptions("redisRateLimit", options, { ...redisKinds, ...rateKinds, name: "string" });
  if (!/^[\w.-]{1,64}$/.test(options.name ?? "")) throw badName();
  const place = placeOf("redisRateLimit", options);
  const { perSecond, burst, by, keys } = checkedRate("redisRateLimit", options);
  const { prefix = "rpc" } = options;
  const keyOf = keyBy(by);
  const refuse = waitingRefusals(rateMessage(perSecond, by), "RATE_LIMIT");
  const alone = createTokenBuckets(perSecond, burst, keys);
  const batch = Math.min(burst, Math.max(1, Math.ceil((perSecond * batchMs) / 1_000)));
  const shares = new Map<string, Share>();
  let answers = true;
  const events = { ready: () => {}, closed: () => {}, message: () => {} };
  const connection = openConnection(place, options, events, options.logger ?? silent);

  const ask = async (key: string, share: Share): Promise<void> => {
    share.asking = true;
    const wanted = batch + Math.max(0, -share.left);
    try {
      const [granted, waitMs] = (await connection.run(
        "take",
        `{${prefix}}:rate:${options.name}:${key}`,
        wanted,
        perSecond,
        burst,
      )) as [number, number];
      const now = systemClock.now();
      share.left += granted;
      share.until = now + keptMs;
      share.emptyUntil = now + waitMs;
      answers = true;
    } catch {
      answers = false;
      share.left = 0;
      share.emptyUntil = 0;
    } finally {
      share.asking = false;
    }
  };

  const shareOf = (key: string, now: number): Share => {
    let share = shares.get(key);
    if (share === undefined) {
      if (shares.size >= keys) forget(shares, keys, now);
      share = { left: 0, until: 0, emptyUntil: 0, asking: false };
      shares.set(key, share);
    }
    if (share.left > 0 && share.until < now) share.left = 0;
    return share;
  };

  const judge = (key: string, now: number): number => {
    const share = shareOf(key, now);
    const mayAsk = !share.asking && now >= share.emptyUntil;
    if (share.left * 2 <= batch && mayAsk) void ask(key, share);
    if (!answers) return alone.take(key, now);
    const onCredit = share.asking && now >= share.emptyUntil && share.left > -batch;
    if (share.left <= 0 && !onCredit) return Math.max(1, share.emptyUntil - now, 1_000 / perSecond);
    share.left--;
    return 0;
  };

  return {
    admission(head: Head) {
      const key = keyOf(head);
      if (key === undefined) return undefined;
      const waitMs = judge(key, systemClock.now());
      return waitMs === 0 ? undefined : refuse(waitMs);
    },
    close: async () => {
      answers = false;
      connection.close();
    },
  };
}

/** A tenth goes where nothing is idle: those that were met first. */
function forget(shares: Map<string, Share>, keys: number, now: number): void {
  for (const [key, share] of shares)
    if (share.until < now && share.emptyUntil < now && !share.asking) shares.delete(key);
  for (const key of shares.keys()) {
    if (shares.size < keys * 0.9) return;
    shares.delete(key);
  }
}

function badName(): RpcError {
  const message = 'redisRateLimit: name must be 1 to 64 letters, digits, "_", "-" or "."';
  return new RpcError("invalid_argument", message, { reason: "BAD_OPTION", processed: "no" });
}
