import { type Client, createClient, type Event } from "node-zookeeper-client";
import { connected, connectionOf, connectSafely, giveUp } from "./client-connection.js";
import type { SessionsOptions } from "./sessions-options.js";

/** How long the client waits at most between two rounds of all servers, in ms; less by chance. */
const spinMs = 500;
/** How long the server may take to end a session that is closed, in ms. */
const closeMs = 1_000;

type Done<T extends unknown[]> = (error: unknown, ...values: T) => void;

/** One session with ZooKeeper, over as many connections as it takes. When it is over, everything stands in another one. */
export class Session {
  readonly #options: SessionsOptions;
  readonly #client: Client;
  readonly #waiting = new Set<(error?: Error) => void>();
  readonly #ends = new Set<(reason: Error) => void>();
  readonly #probe: NodeJS.Timeout;
  /** What is passed to the client as a watcher: always the same function, so that the client keeps it once for each node. */
  readonly watcher: (event: Event) => void;
  #probedAt: number | undefined;
  #over: Error | undefined;

  /** `onEvent` is told the path of each node that was watched and has changed, `onBack` of each connection but the first. */
  constructor(options: SessionsOptions, onEvent: (path: string) => void, onBack: () => void) {
    this.#options = options;
    this.watcher = ({ path }) => onEvent(path);
    const { name, hosts, ttlMs, timeoutMs, credentials, tls, logger } = options;
    this.#client = createClient(hosts.join(","), { sessionTimeout: ttlMs, spinDelay: spinMs, retries: 0 });
    const connection = connectionOf(this.#client);
    connectSafely(connection, tls, timeoutMs);
    if (credentials !== undefined)
      this.#client.addAuthInfo("digest", Buffer.from(`${credentials.username}:${credentials.password}`));
    let times = 0;
    this.#client.on("connected", () => {
      for (const wake of this.#waiting) wake();
      if (times++ === 0) return;
      logger.info(`${name} is back`);
      onBack();
    });
    this.#client.on("disconnected", () => {
      this.#probedAt = undefined;
      // All is read and watched again instead: to take over thousands of watches would be one message, which may be too long.
      Object.assign(connection.watcherManager, { dataWatchers: {}, childWatchers: {}, existenceWatchers: {} });
      if (this.#over === undefined && times > 0) logger.warn(`${name} cannot be reached; what is known stays in force`);
    });
    this.#client.on("expired", () => this.#end(new Error(`${name} has ended the session`)));
    this.#client.on("authenticationFailed", () => this.#end(new Error(`${name} refuses the credentials`)));
    this.#client.connect();
    this.#probe = setInterval(() => this.#look(), ttlMs / 6).unref();
  }

  /** Whether it is over. */
  get over(): boolean {
    return this.#over !== undefined;
  }

  /** Whether a node is one of this session's. */
  owns({ ephemeralOwner }: { readonly ephemeralOwner: Buffer }): boolean {
    return this.#client.getSessionId().equals(ephemeralOwner);
  }

  /** Calls `end` once, when the session is over against its user's will. */
  onEnd(end: (reason: Error) => void): () => void {
    this.#ends.add(end);
    return () => this.#ends.delete(end);
  }

  /** Asks when there is a connection; resolves to what `begin`'s callback is told. Rejects where the answer does not come in time. */
  ask<T extends unknown[]>(begin: (client: Client, done: Done<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const { name, timeoutMs } = this.#options;
      const settle = (error: unknown, ...values: T): void => {
        clearTimeout(late);
        this.#waiting.delete(start);
        if (error) reject(error);
        else resolve(values);
      };
      const late = setTimeout(() => {
        this.#waiting.delete(start);
        reject(new Error(`${name} did not answer within ${timeoutMs} ms`));
      }, timeoutMs);
      const start = (error = this.#over): void => {
        this.#waiting.delete(start);
        try {
          if (error) throw error;
          begin(this.#client, settle);
        } catch (refused) {
          clearTimeout(late);
          reject(refused);
        }
      };
      // Not before: the client would send it in front of the credentials.
      if (this.#over !== undefined || connectionOf(this.#client).state === connected) start();
      else this.#waiting.add(start);
    });
  }

  /** Ends the session; resolves when the server has, or after a second. Its nodes go with it. */
  async close(): Promise<void> {
    if (this.#over !== undefined) return;
    this.#over = new Error("the session was closed");
    clearInterval(this.#probe);
    const connection = connectionOf(this.#client);
    if (connection.state !== connected) {
      giveUp(connection);
    } else {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, closeMs);
        this.#client.once("disconnected", () => {
          clearTimeout(late);
          resolve();
        });
        this.#client.close();
      });
      connection.socket?.destroy();
    }
    for (const wake of this.#waiting) wake(this.#over);
  }

  /** A connection that leads nowhere is not noticed by the client: it sends pings and expects no answer. */
  #look(): void {
    const connection = connectionOf(this.#client);
    if (connection.state !== connected) return;
    const now = performance.now();
    if (this.#probedAt !== undefined) {
      if (now - this.#probedAt > this.#options.ttlMs / 2) connection.socket?.destroy();
      return;
    }
    this.#probedAt = now;
    this.#client.exists("/", () => {
      this.#probedAt = undefined;
    });
  }

  #end(reason: Error): void {
    if (this.#over !== undefined) return;
    this.#over = reason;
    clearInterval(this.#probe);
    connectionOf(this.#client).socket?.destroy();
    for (const wake of this.#waiting) wake(reason);
    for (const end of this.#ends) end(reason);
  }
}
