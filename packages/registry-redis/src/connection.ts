import type { Logger } from "@rpc/core";
import { Redis } from "ioredis";
import type { Place, RedisOptions } from "./redis-options.js";
import { beat, drop, hold, names, patch, read, take } from "./scripts.js";

const scripts = { hold, beat, drop, patch, read, names, take };

/** A connection that comes back by itself. */
export interface Connection {
  /** Runs a script. Rejects where it is not answered in time: what is not answered may have been done. */
  run(script: keyof typeof scripts, ...args: readonly (string | number)[]): Promise<unknown>;
  /** Rejects where Redis cannot be asked. */
  ping(): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  close(): void;
}

export interface ConnectionEvents {
  ready(): void;
  closed(): void;
  message(text: string): void;
}

/** Waits before dials, in ms: they double, and each is from half to one and a half of itself, so that a thousand clients spread. */
const firstWaitMs = 100;
const longestWaitMs = 2_000;

/** Commands that the library sends by itself fail too when Redis does not answer: that nobody awaits them must not end the process. */
class Heard extends Redis {
  override sendCommand(...command: Parameters<Redis["sendCommand"]>): unknown {
    const answer = super.sendCommand(...command);
    if (answer instanceof Promise) answer.catch(() => {});
    return answer;
  }
}

/** Opens a connection with the first command. No command waits for more than one dial; a socket that does not answer is given up. */
export function openConnection(
  { host, port, secure, username, password }: Place,
  options: RedisOptions,
  events: ConnectionEvents,
  logger: Logger,
): Connection {
  const { timeoutMs = 2_000 } = options;
  const redis = new Heard({
    host,
    port,
    username,
    password,
    db: options.database ?? 0,
    // Nothing switches verification off, no variable of the environment either.
    ...(secure && { tls: { ...options.tls, rejectUnauthorized: true } }),
    protocol: 3, // commands go on while it is subscribed
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    maxRetriesPerRequest: 1,
    // A timer of the library that runs even where the socket is closed already.
    disconnectTimeout: 10,
    // The library would leave it to nobody to hear that this failed: who listens subscribes again.
    autoResubscribe: false,
    // A script may have been run when the connection broke: whoever asked decides.
    autoResendUnfulfilledCommands: false,
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
    retryStrategy: (times) => Math.min(firstWaitMs * 2 ** (times - 1), longestWaitMs) * (0.5 + Math.random()),
    scripts: Object.fromEntries(
      Object.entries(scripts).map(([name, lua]) => [scriptName(name), { lua, numberOfKeys: 0 }]),
    ),
  });
  let told: string | undefined;
  redis.on("error", (error: Error) => {
    if (told === error.message) return;
    told = error.message;
    logger.warn("Redis cannot be reached, and is tried again", { host, port, error: error.message });
  });
  redis.on("ready", () => {
    told = undefined;
    events.ready();
  });
  redis.on("close", events.closed);
  redis.on("message", (_channel: string, text: string) => events.message(text));
  const commands = redis as unknown as Readonly<Record<string, Command>>;
  /** A connection that owes an answer for so long may be dead without a word: the next one tells. */
  const answered = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof Error && error.message === "Command timed out") redis.stream?.destroy();
      throw error;
    }
  };
  return {
    run: (script, ...args) => answered(commands[scriptName(script)]!.call(redis, ...args)),
    ping: () => answered(redis.ping()),
    subscribe: (channel) => answered(redis.subscribe(channel)),
    close: () => {
      redis.disconnect();
      redis.stream?.destroy();
    },
  };
}

type Command = (...args: readonly (string | number)[]) => Promise<unknown>;

/** Scripts become methods of the client: they must not take the place of its own. */
const scriptName = (name: string): string => `rpc_${name}`;
